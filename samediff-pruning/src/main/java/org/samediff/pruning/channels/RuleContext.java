package org.samediff.pruning.channels;

import java.util.Arrays;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.samediff.pruning.graph.GraphView;

/** What a {@link ChannelRule} sees of one op, and what it may say about it. */
final class RuleContext {
  private final ChannelAnalyzer analyzer;
  private final GraphView.Op op;

  RuleContext(ChannelAnalyzer analyzer, GraphView.Op op) {
    this.analyzer = analyzer;
    this.op = op;
  }

  GraphView.Op op() {
    return op;
  }

  int inputs() {
    return op.inputs().size();
  }

  AxisMap in(int i) {
    return analyzer.map(op.input(i));
  }

  long[] inShape(int i) {
    return analyzer.shape(op.input(i));
  }

  GraphView.Var inVariable(int i) {
    return analyzer.view().variable(op.input(i));
  }

  long[] outShape(int i) {
    return analyzer.shape(op.outputs().get(i));
  }

  /** Number of examples in the run that the shapes come from. */
  long batch() {
    return analyzer.batch();
  }

  ChannelSpace space() {
    return analyzer.space();
  }

  /** Integer argument i of the native op. */
  long iArg(int i) {
    return ((DynamicCustomOp) op.function()).iArgs()[i];
  }

  int iArgs() {
    return op.function() instanceof DynamicCustomOp custom ? custom.numIArguments() : 0;
  }

  void out(int i, AxisMap map) {
    analyzer.define(op.outputs().get(i), map);
  }

  /** Passes the map of input 0 to output 0. */
  void carry(boolean zero) {
    out(0, new AxisMap(in(0).axes(), zero, false));
  }

  void tie(int[] a, int[] b) {
    space().tie(a, b, where());
  }

  void pin(int[] atoms, String reason) {
    space().pin(atoms, where() + " " + reason);
  }

  /** Pins every channel of the input. */
  void pinAll(AxisMap map, String reason) {
    for (int[] axis : map.axes()) {
      pin(axis, reason);
    }
  }

  /** Nothing is known about the op: what reaches it is not cut. */
  void opaque(String reason) {
    for (int i = 0; i < inputs(); i++) {
      pinAll(in(i), reason);
    }
    for (int i = 0; i < op.outputs().size(); i++) {
      out(i, AxisMap.untracked(outShape(i).length));
    }
  }

  /** The op is a convolution whose filters lie along this axis of its weights. */
  void filters(int[] atoms) {
    analyzer.filters(op, atoms);
  }

  /**
   * Multiply-accumulates of the op for one example: {@code uses} times the number of weights that
   * are left.
   */
  void macs(double uses, AxisMap weights, long[] shape) {
    analyzer.macs(uses, weights, shape);
  }

  /** Integer argument {@code index} of the op holds the number of channels along this axis. */
  void countInArgument(int index, int[] atoms) {
    analyzer.patch(new ShapePatch.Argument(op.name(), index), atoms);
  }

  /** Element {@code index} of the constant holds the number of channels along this axis. */
  void countInConstant(String constant, int index, int[] atoms) {
    analyzer.patch(new ShapePatch.Element(constant, index), atoms);
  }

  String where() {
    return op.type() + " \"" + op.output() + "\"";
  }

  static long product(long[] shape, int from, int to) {
    return Arrays.stream(shape, from, to).reduce(1, (a, b) -> a * b);
  }
}
