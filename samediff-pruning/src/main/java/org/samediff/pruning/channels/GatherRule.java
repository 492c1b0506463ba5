package org.samediff.pruning.channels;

import java.util.Optional;

/**
 * {@code gather} of given indices along one axis: picks, repeats and reorders channels. The
 * constant of indices loses those of cut channels, and the others are renumbered.
 */
final class GatherRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    Optional<long[]> indices = op.inputs() > 1 ? op.constant(1) : Optional.empty();
    if (indices.isEmpty() || op.inVariable(1).shape().length != 1 || op.inputs() > 2) {
      op.opaque("picks indices that are no constant vector");
      return;
    }
    int axis = op.iArgs() > 0 ? Math.floorMod((int) op.iArg(0), x.rank()) : 0;
    int[][] axes = x.axes().clone();
    int[] atoms = x.axes()[axis];
    if (atoms != null) {
      int[] picked = new int[indices.get().length];
      for (int i = 0; i < picked.length; i++) {
        picked[i] = atoms[Math.floorMod((int) indices.get()[i], atoms.length)];
      }
      op.tie(op.in(1).axes()[0], picked);
      op.atLeastOne(picked);
      op.indicesInConstant(1, atoms);
      axes[axis] = picked;
    }
    op.out(0, new AxisMap(axes, op.dead(0)));
  }
}
