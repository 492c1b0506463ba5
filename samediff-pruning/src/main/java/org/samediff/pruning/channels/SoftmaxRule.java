package org.samediff.pruning.channels;

/** {@code softmax}, {@code log_softmax}: over channels every one of them is in the denominator. */
final class SoftmaxRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int axis = Math.floorMod(op.iArgs() > 0 ? (int) op.iArg(0) : -1, x.rank());
    op.inexact(x.axes()[axis], "normalises over it, and a cut channel is in the denominator");
    op.out(0, x.computed(x.axes()[axis] == null ? op.dead(0).moved() : Dead.VARYING));
  }
}
