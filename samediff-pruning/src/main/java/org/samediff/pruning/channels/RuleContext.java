package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.samediff.VariableType;
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

  int outputs() {
    return op.outputs().size();
  }

  /** The input's channels, each on one axis. */
  AxisMap in(int i) {
    return raw(i).settled();
  }

  /** The input's channels, split axes left open; for rules that know what to do with them. */
  AxisMap raw(int i) {
    return analyzer.map(op.input(i));
  }

  /** The channels of a variable further up. */
  AxisMap map(String variable) {
    return analyzer.map(variable);
  }

  /** The op that makes the input; empty for a variable, constant or placeholder. */
  Optional<GraphView.Op> producer(int i) {
    return analyzer.view().producer(op.input(i));
  }

  /** Whether nothing else than ops of these types uses the first output. */
  boolean isReadOnlyBy(Set<String> types) {
    return analyzer.view().consumers(op.output()).stream().allMatch(c -> types.contains(c.type()));
  }

  /**
   * What the input holds at a cut channel, for an op that reads it as values: a variable that is
   * read so is part of the unit, and cannot be a consumer's weights as well.
   */
  Dead dead(int i) {
    AxisMap map = raw(i);
    if (map.leaf()) {
      for (int[] axis : map.axes()) {
        space().claim(axis);
      }
    }
    return map.dead();
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

  /** The elements of an input that is a constant of integers; empty if it is anything else. */
  Optional<long[]> constant(int i) {
    GraphView.Var v = inVariable(i);
    if (v.type() != VariableType.CONSTANT || v.dtype().isFPType()) {
      return Optional.empty();
    }
    return Optional.of(v.array().dup('c').data().asLong());
  }

  void out(int i, AxisMap map) {
    analyzer.define(op.outputs().get(i), map);
  }

  /** Passes the map of input 0, split axes and all, to output 0. */
  void carry(Dead dead) {
    out(0, raw(0).computed(dead));
  }

  /** A grid over channels that this op splits. */
  Grid grid(int[] lengths, int[] atoms) {
    return analyzer.grid(new Grid(space(), where(), lengths, atoms));
  }

  void tie(int[] a, int[] b) {
    space().tie(a, b, where());
  }

  void pin(int[] atoms, String reason) {
    space().pin(atoms, where() + " " + reason);
  }

  /** Pins every channel of the input. */
  void pinAll(AxisMap map, String reason) {
    for (int[] axis : map.settled().axes()) {
      pin(axis, reason);
    }
  }

  /** Pins the channels on every other axis: the op mixes positions along them. */
  void pinBeside(AxisMap map, int... axes) {
    for (int d = 0; d < map.rank(); d++) {
      int axis = d;
      if (Arrays.stream(axes).noneMatch(a -> a == axis)) {
        pin(map.axes()[d], "mixes positions along the axis that it lies on");
      }
    }
  }

  /** The op's result changes when these channels go, so they stay unless the user allows it. */
  void inexact(int[] atoms, String reason) {
    analyzer.inexact(atoms, where() + " " + reason);
  }

  /** At least one of these channels has to stay. */
  void atLeastOne(int[] atoms) {
    analyzer.atLeastOne(atoms, where() + " needs at least one of its channels");
  }

  /** Nothing is known about the op: what reaches it is not cut. */
  void opaque(String reason) {
    for (int i = 0; i < inputs(); i++) {
      pinAll(raw(i), reason);
    }
    for (int i = 0; i < outputs(); i++) {
      out(i, AxisMap.untracked(outShape(i).length));
    }
  }

  /** Whether the units of dense layers are cut as filters are. */
  boolean cutsDenseUnits() {
    return analyzer.scope().denseUnits();
  }

  /** The op is a layer whose filters lie along this axis of its weights. */
  void filters(int weightsInput, int filterAxis, int channelAxis) {
    int[] atoms = in(weightsInput).axes()[filterAxis];
    if (atoms == null) {
      return; // weights that no variable holds
    }
    analyzer.filters(op, atoms, new FilterSite(op.input(weightsInput), filterAxis, channelAxis));
  }

  /** The op is a convolution with these filters, which masking cannot bring to zero. */
  void untrained(int[] filters) {
    analyzer.untrained(op, filters);
  }

  /**
   * The op mixes the channels of an input, linearly and alike at every position; a constant there
   * goes into the bias.
   *
   * @param inputs number of inputs without the bias
   */
  void fold(int inputs, int input, int axis, int outputAxis) {
    analyzer.fold(op, inputs, input, axis, outputAxis);
  }

  /**
   * Multiply-accumulates of the op for one example: {@code uses} times the number of weights that
   * are left.
   */
  void macs(double uses, AxisMap weights, long[] shape) {
    analyzer.macs(op, uses, weights, shape);
  }

  /** Integer argument {@code index} of the op holds the number of these channels. */
  void countInArgument(int index, int[] atoms) {
    analyzer.patch(new ShapePatch.Argument(op.name(), index), () -> atoms);
  }

  /** Integer argument {@code index} holds the length of an axis of a grid. */
  void countInArgument(int index, Grid grid, int axis) {
    analyzer.patch(new ShapePatch.Argument(op.name(), index), () -> grid.axis(axis));
  }

  /** Element {@code index} of the constant that is input i holds the number of these channels. */
  void countInConstant(int i, int index, int[] atoms) {
    analyzer.patch(new ShapePatch.Element(op.input(i), index), () -> atoms);
  }

  /** Element {@code index} of the constant holds the length of an axis of a grid. */
  void countInConstant(int i, int index, Grid grid, int axis) {
    analyzer.patch(new ShapePatch.Element(op.input(i), index), () -> grid.axis(axis));
  }

  /** The constant that is input i holds indices into these channels. */
  void indicesInConstant(int i, int[] atoms) {
    analyzer.patch(new ShapePatch.Indices(op.input(i)), () -> atoms);
  }

  /** Channels that no variable holds, e.g. what a padding adds; cut if what they meet is cut. */
  int[] fresh(long n) {
    return space().fresh((int) n);
  }

  String where() {
    return op.type() + " \"" + op.output() + "\"";
  }

  static long product(long[] shape, int from, int to) {
    return Arrays.stream(shape, from, to).reduce(1, (a, b) -> a * b);
  }
}
