package org.samediff.pruning.channels;

import java.util.Optional;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/**
 * {@code pad} by constant amounts. Padded channels are channels like others: what meets them in an
 * add can be cut, and the amounts are patched. Space padded with the same zeros stays zero.
 */
final class PadRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    Optional<long[]> amounts = op.inputs() == 2 ? op.constant(1) : Optional.empty();
    if (amounts.isEmpty() || op.iArgs() < 1) {
      op.opaque("pads by amounts that are not constant");
      return;
    }
    boolean constant = op.iArg(0) == 0;
    double[] values = ((DynamicCustomOp) op.op().function()).tArgs();
    Dead added = values.length == 0 || values[0] == 0 ? Dead.ZERO : Dead.UNIFORM;
    AxisMap x = op.in(0);
    Dead dead = op.dead(0);
    int[][] axes = x.axes().clone();
    for (int d = 0; d < axes.length; d++) {
      int before = (int) amounts.get()[2 * d];
      int after = (int) amounts.get()[2 * d + 1];
      if (before + after > 0 && axes[d] == null) {
        dead = constant ? dead.with(added).uneven() : dead;
      } else if (before + after > 0 && constant) {
        axes[d] = widen(op, axes[d], before, after, d);
        dead = dead.with(added);
      } else if (before + after > 0) {
        op.pin(axes[d], "reflects channels");
        axes[d] = null;
      }
    }
    op.out(0, new AxisMap(axes, dead));
  }

  private static int[] widen(RuleContext op, int[] atoms, int before, int after, int d) {
    int[] left = op.fresh(before);
    int[] right = op.fresh(after);
    op.countInConstant(1, 2 * d, left);
    op.countInConstant(1, 2 * d + 1, right);
    int[] all = new int[before + atoms.length + after];
    System.arraycopy(left, 0, all, 0, before);
    System.arraycopy(atoms, 0, all, before, atoms.length);
    System.arraycopy(right, 0, all, before + atoms.length, after);
    return all;
  }
}
