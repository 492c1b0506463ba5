package org.samediff.pruning.channels;

import java.util.Optional;
import java.util.Set;

/**
 * Reductions, {@code moments} with its two results among them: the axes that stay keep their
 * channels; channels that are reduced are mixed, which is exact for sums of zeros and for nothing
 * else. Where one of the axes of a {@link Grid} is reduced (group norm), that one is not cut.
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
          "reduce_normmax",
          "reduce_prod",
          "reduce_logsumexp",
          "var",
          "std",
          "amean",
          "asum",
          "amax",
          "amin");

  private static final Set<String> SUMS =
      Set.of("reduce_sum", "reduce_norm1", "reduce_norm2", "reduce_sqnorm", "asum");

  @Override
  public void apply(RuleContext op) {
    int[] outOf = Dimensions.kept(op, 0);
    if (outOf == null) {
      op.opaque("reduces along axes that are not constant");
      return;
    }
    Dead dead = op.dead(0);
    boolean[] kept = new boolean[op.raw(0).rank()];
    for (int d : outOf) {
      if (d >= 0) {
        kept[d] = true;
      }
    }
    op.raw(0).grid().ifPresent(p -> keepReduced(p, kept));
    AxisMap x = op.in(0);
    for (int d = 0; d < x.rank(); d++) {
      if (!kept[d] && !(SUMS.contains(op.op().type()) && dead == Dead.ZERO)) {
        op.inexact(x.axes()[d], "reduces over it, and the result depends on how many there are");
      }
    }
    int[][] axes = new int[outOf.length][];
    for (int d = 0; d < outOf.length; d++) {
      axes[d] = outOf[d] >= 0 ? x.axes()[outOf[d]] : null;
    }
    // the logarithm of a number of ones
    Dead reduced = op.op().type().equals("reduce_logsumexp") ? dead.moved() : dead;
    for (int i = 0; i < op.outputs(); i++) {
      op.out(i, new AxisMap(axes, Optional.empty(), reduced, false));
    }
  }

  static void keepReduced(Grid.Placed placed, boolean[] kept) {
    for (int a = 0; a < placed.axes().length; a++) {
      if (!kept[placed.axes()[a]]) {
        placed.grid().keep(a);
      }
    }
  }
}
