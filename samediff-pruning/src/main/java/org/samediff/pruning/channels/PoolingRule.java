package org.samediff.pruning.channels;

import java.util.Set;

/**
 * Pooling over space, upsampling and resizing: channels pass, and a map of zeros stays one. An
 * average over a padded border is not that of the inside.
 */
final class PoolingRule implements ChannelRule {
  static final Set<String> OPS =
      Set.of(
          "maxpool2d",
          "avgpool2d",
          "pnormpool2d",
          "maxpool3dnew",
          "avgpool3dnew",
          "upsampling2d",
          "upsampling3d",
          "resize_nearest_neighbor",
          "resize_bilinear");

  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    long[] in = op.inShape(0);
    long[] out = op.outShape(0);
    for (int d = 0; d < x.rank(); d++) {
      if (x.axes()[d] != null && in[d] != out[d]) {
        op.opaque("resizes the channel axis");
        return;
      }
    }
    String type = op.op().type();
    if (!type.startsWith("up")) {
      // a pooling's last argument is its layout; ND4J resizes NHWC maps alone
      boolean last = type.startsWith("resize") || op.iArg(op.iArgs() - 1) != 0;
      op.pinBeside(x, last ? x.rank() - 1 : 1);
    }
    Dead dead = op.dead(0);
    op.out(0, x.computed(blind(op) ? dead : dead.uneven()));
  }

  /** True if a constant map pools to a constant one. */
  private static boolean blind(RuleContext op) {
    String type = op.op().type();
    if (type.startsWith("max") || type.startsWith("up") || type.startsWith("resize")) {
      return true;
    }
    boolean cube = type.contains("3d");
    return !ConvolutionRule.Layout.padded(op, cube ? 3 : 2, cube ? 12 : 8);
  }
}
