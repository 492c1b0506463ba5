package org.samediff.pruning.channels;

import java.util.Set;

/**
 * Reductions, {@code moments} with its two results among them: the axes that stay keep their
 * channels; channels that are reduced are mixed, which is exact for sums of zeros and for nothing
 * else.
 */
final class ReductionRule implements ChannelRule {
  static final Set<String> OPS =
      Set.of(
          "moments",
          "reduce_mean",
          "reduce_sum",
          "reduce_max",
          "reduce_min",
          "reduce_norm1",
          "reduce_norm2",
          "reduce_sqnorm",
          "squaredNorm",
          "reduce_variance",
          "reduce_stdev",
          "var",
          "std",
          "amean",
          "asum",
          "amax",
          "amin");

  private static final Set<String> SUMS =
      Set.of("reduce_sum", "reduce_norm1", "reduce_norm2", "reduce_sqnorm", "squaredNorm", "asum");

  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int[] outOf = Dimensions.kept(op, 0);
    if (outOf == null) {
      op.opaque("reduces along axes that are not constant");
      return;
    }
    boolean[] kept = new boolean[x.rank()];
    int[][] axes = new int[outOf.length][];
    for (int d = 0; d < outOf.length; d++) {
      if (outOf[d] >= 0) {
        kept[outOf[d]] = true;
        axes[d] = x.axes()[outOf[d]];
      }
    }
    for (int d = 0; d < x.rank(); d++) {
      if (!kept[d] && !(SUMS.contains(op.op().type()) && x.zero())) {
        op.pin(x.axes()[d], "reduces over it, and the result depends on how many there are");
      }
    }
    for (int i = 0; i < op.op().outputs().size(); i++) {
      op.out(i, new AxisMap(axes, x.zero(), false));
    }
  }
}
