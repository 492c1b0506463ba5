package org.samediff.pruning.channels;

import java.util.Arrays;

/** {@code crelu}: relu(x), then relu(-x), joined along the last axis. */
final class TwofoldReluRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int[][] axes = x.axes().clone();
    int last = axes.length - 1;
    if (axes[last] != null) {
      int n = axes[last].length;
      int[] atoms = axes[last];
      axes[last] = new int[2 * n];
      Arrays.setAll(axes[last], i -> atoms[i % n]);
    }
    // where the channels lie elsewhere, each map is widened by its mirror image
    op.out(0, new AxisMap(axes, x.axes()[last] != null ? op.dead(0) : op.dead(0).uneven()));
  }
}
