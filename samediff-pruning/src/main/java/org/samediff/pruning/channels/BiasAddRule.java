package org.samediff.pruning.channels;

import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.samediff.pruning.graph.GraphView;

/** {@code biasadd}: x plus a vector over the channels, axis 1 with the NCHW flag, else the last. */
final class BiasAddRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int axis = axis(op.op(), x.rank());
    op.tie(x.axes()[axis], op.in(1).axes()[0]);
    op.out(0, x.computed(op.dead(0).with(op.dead(1))));
  }

  /** The axis of an input of this rank that the vector lies along. */
  static int axis(GraphView.Op op, int rank) {
    boolean[] flags = ((DynamicCustomOp) op.function()).bArgs();
    return flags.length > 0 && flags[0] ? 1 : rank - 1;
  }
}
