package org.samediff.pruning.channels;

import org.nd4j.linalg.api.ops.DynamicCustomOp;

/** {@code biasadd}: x plus a vector over the channels, axis 1 with the NCHW flag, else the last. */
final class BiasAddRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    boolean[] flags = ((DynamicCustomOp) op.op().function()).bArgs();
    int axis = flags.length > 0 && flags[0] ? 1 : x.rank() - 1;
    op.tie(x.axes()[axis], op.in(1).axes()[0]);
    op.out(0, x.computed(op.dead(0).with(op.dead(1))));
  }
}
