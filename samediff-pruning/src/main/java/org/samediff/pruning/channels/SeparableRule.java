package org.samediff.pruning.channels;

import java.util.Arrays;
import org.samediff.pruning.channels.ConvolutionRule.Layout;

/**
 * {@code sconv2d}: a depthwise convolution [kH, kW, C, M] and a pointwise one [1, 1, C * M, O] in
 * one op; without the pointwise weights it is a {@link DepthwiseRule depthwise} one. The depthwise
 * weights are part of the input channels' units, so that the pointwise ones read zeros.
 */
final class SeparableRule implements ChannelRule {
  private final ChannelRule depthwise = new DepthwiseRule();

  @Override
  public void apply(RuleContext op) {
    if (op.inputs() < 3 || op.in(2).rank() < 4) {
      depthwise.apply(op);
      return;
    }
    Layout at = Layout.conv2d(op);
    if (at.inAxis() != 2) {
      op.opaque("has weights in a format for which there is no rule");
      return;
    }
    AxisMap depth = op.in(1);
    AxisMap point = op.in(2);
    op.tie(op.in(0).axes()[at.channelAxis()], depth.axes()[2]);
    op.pinBeside(op.in(0), at.channelAxis());
    op.pinBeside(depth, 2);
    op.pinBeside(point, 2, 3);
    // ND4J 1.0.0-M2.1 cannot run it on one channel without oneDNN
    op.pin(
        Arrays.copyOf(depth.axes()[2], Math.min(2, depth.axes()[2].length)),
        "cannot be run on one channel, so its first two stay");
    int[] between = DepthwiseRule.repeated(depth.axes()[2], (int) op.inShape(1)[3]);
    if (point.leaf()) {
      op.space().markConsumer(point.axes()[2]);
    }
    op.tie(between, point.axes()[2]);
    if (DepthwiseRule.spatial(op.in(0).dead(), op.dead(1), at) != Dead.ZERO) {
      op.inexact(between, "reads it, and a cut channel is not zero there");
    }
    int[] filters = point.axes()[3];
    if (point.dead() != Dead.ZERO) {
      op.pin(
          filters, "has weights that are not trained, so that masking cannot bring them to zero");
    }
    Dead dead = point.dead();
    if (op.inputs() > 3) {
      AxisMap bias = op.in(3);
      op.tie(bias.axes()[bias.rank() - 1], filters);
      dead = dead.with(op.dead(3));
    }
    op.filters(2, 3, at.channelAxis());
    double positions = ConvolutionRule.positions(op.outShape(0), at);
    op.macs(positions, depth, op.inShape(1));
    op.macs(positions, point, op.inShape(2));
    op.out(0, AxisMap.single(4, at.channelAxis(), filters, dead));
  }
}
