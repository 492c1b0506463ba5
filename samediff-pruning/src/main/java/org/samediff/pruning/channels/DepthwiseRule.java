package org.samediff.pruning.channels;

import java.util.Arrays;
import org.nd4j.enums.WeightsFormat;
import org.samediff.pruning.channels.ConvolutionRule.Layout;

/**
 * {@code depthwise_conv2d}: each input channel has M filters of its own, and output c * M + m goes
 * with input c. Weights [kH, kW, C, M], [M, C, kH, kW] or [M, kH, kW, C].
 *
 * <p>A graph that is left with one channel here infers, but ND4J 1.0.0-M2.1 cannot train it in
 * double on some maps ({@code depthwise_conv2d_bp} throws); {@code minFilters(2)} avoids it.
 */
final class DepthwiseRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    Layout at = Layout.conv2d(op);
    int perChannel = Layout.format(op, 10) == WeightsFormat.YXIO ? 3 : 0;
    int[] channels = op.in(1).axes()[at.inAxis()];
    op.tie(op.in(0).axes()[at.channelAxis()], channels);
    op.pinBeside(op.in(0), at.channelAxis());
    op.pinBeside(op.in(1), at.inAxis());
    if (op.iArg(0) == 1 && op.iArg(1) == 1) {
      // ND4J takes one channel's product of positions and filters for a dot product, where there
      // are as many of one as of the other, and throws
      op.pin(
          Arrays.copyOf(channels, Math.min(2, channels.length)),
          "with a 1x1 kernel cannot be run on one channel, so its first two stay");
    }
    int[] out = repeated(channels, (int) op.inShape(1)[perChannel]);
    Dead dead = spatial(op.in(0).dead(), op.dead(1), at);
    if (op.inputs() > 2) {
      AxisMap bias = op.in(2);
      op.tie(bias.axes()[bias.rank() - 1], out);
      dead = dead.with(op.dead(2));
    }
    op.macs(ConvolutionRule.positions(op.outShape(0), at), op.in(1), op.inShape(1));
    op.out(0, AxisMap.single(4, at.channelAxis(), out, dead));
  }

  /** Each channel {@code times} in a row. */
  static int[] repeated(int[] atoms, int times) {
    int[] result = new int[atoms.length * times];
    for (int i = 0; i < result.length; i++) {
      result[i] = atoms[i / times];
    }
    return result;
  }

  /** A cut channel behind its own filters. */
  static Dead spatial(Dead x, Dead w, Layout at) {
    if (x == Dead.ZERO || w == Dead.ZERO) {
      return Dead.ZERO;
    }
    return at.padded() ? Dead.VARYING : x.with(Dead.UNIFORM);
  }
}
