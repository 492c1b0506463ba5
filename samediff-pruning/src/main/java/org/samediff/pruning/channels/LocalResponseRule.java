package org.samediff.pruning.channels;

/**
 * {@code lrn}: each channel is divided by a sum over its neighbours, and a cut moves neighbours.
 */
final class LocalResponseRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    for (int[] axis : x.axes()) {
      op.inexact(axis, "divides by the channels beside it, and a cut brings others there");
    }
    op.out(0, x.computed(op.dead(0).uneven()));
  }
}
