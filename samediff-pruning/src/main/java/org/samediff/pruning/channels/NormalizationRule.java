package org.samediff.pruning.channels;

import java.util.Arrays;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/**
 * {@code layer_norm}: x, gain, optional bias; {@code standardize}: x. Over space alone (instance
 * norm) channels pass and a constant becomes zero; over channels the statistics depend on how many
 * there are.
 */
final class NormalizationRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    int rank = op.raw(0).rank();
    boolean[] kept = new boolean[rank];
    Arrays.fill(kept, true);
    for (int i = 0; i < op.iArgs(); i++) {
      kept[Math.floorMod((int) op.iArg(i), rank)] = false;
    }
    op.raw(0).grid().ifPresent(p -> ReductionRule.keepReduced(p, kept));
    AxisMap x = op.in(0);
    boolean overChannels = false;
    for (int d = 0; d < rank; d++) {
      if (!kept[d] && x.axes()[d] != null) {
        overChannels = true;
        op.inexact(
            x.axes()[d], "normalises over it, and the statistics depend on how many there are");
      }
    }
    Dead dead = overChannels || op.dead(0) == Dead.VARYING ? Dead.VARYING : Dead.ZERO;
    if (op.inputs() > 1) {
      boolean[] flags = ((DynamicCustomOp) op.op().function()).bArgs();
      int axis = flags.length > 0 && flags[0] ? 1 : rank - 1;
      dead = op.dead(1) == Dead.ZERO ? Dead.ZERO : dead;
      for (int i = 1; i < op.inputs(); i++) {
        op.tie(x.axes()[axis], op.in(i).axes()[0]);
      }
    }
    op.out(0, x.computed(op.inputs() > 2 ? dead.with(op.dead(2)) : dead));
  }
}
