package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.autodiff.samediff.SDVariable;

/** Graph vertices without parameters. */
final class Vertices {
  private Vertices() {}

  static SDVariable elementWise(ElementWiseVertex vertex, NodeContext node) {
    SDVariable y = node.x();
    for (int i = 1; i < node.inputs().size(); i++) {
      SDVariable other = node.inputs().get(i);
      y =
          switch (vertex.getOp()) {
            case Add, Average -> y.add(other);
            case Subtract -> y.sub(other);
            case Product -> y.mul(other);
            case Max -> node.sd().math().max(y, other);
          };
    }
    return vertex.getOp() == ElementWiseVertex.Op.Average ? y.div(node.inputs().size()) : y;
  }

  static SDVariable merge(MergeVertex vertex, NodeContext node) {
    node.require(
        vertex.getMergeAxis() == 1,
        () -> "merges along axis " + vertex.getMergeAxis() + "; only 1, channels, is supported");
    return node.inputs().size() == 1
        ? node.x()
        : node.sd().concat(1, node.inputs().toArray(SDVariable[]::new));
  }

  /** Channels from..to, both included. */
  static SDVariable subset(SubsetVertex vertex, NodeContext node) {
    int count = vertex.getTo() - vertex.getFrom() + 1;
    return rank(node) == 4
        ? Shapes.slice(node, new long[] {0, vertex.getFrom(), 0, 0}, new long[] {-1, count, -1, -1})
        : Shapes.slice(node, new long[] {0, vertex.getFrom()}, new long[] {-1, count});
  }

  static SDVariable scale(ScaleVertex vertex, NodeContext node) {
    return node.x().mul(vertex.getScaleFactor());
  }

  static SDVariable shift(ShiftVertex vertex, NodeContext node) {
    return node.x().add(vertex.getShiftFactor());
  }

  static SDVariable preProcessor(PreprocessorVertex vertex, NodeContext node) {
    return PreProcessors.apply(vertex.getPreProcessor(), node, node.x(), node.type());
  }

  private static int rank(NodeContext node) {
    return node.type() instanceof InputType.InputTypeConvolutional ? 4 : 2;
  }
}
