package org.samediff.pruning.channels;

import java.util.Arrays;

/**
 * {@code space_to_depth} and {@code depth_to_space} with block size b: channel c of the deeper
 * array goes with channel {@code c mod C} of the flatter one, so that all b * b of them are cut
 * together.
 */
final class BlockRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int axis = op.iArg(1) == 0 ? 1 : 3;
    for (int d = 1; d < 4; d++) {
      if (d != axis) {
        op.pin(x.axes()[d], "moves it between space and channels");
      }
    }
    int[] atoms = x.axes()[axis];
    int[] out = null;
    if (atoms != null) {
      int length = (int) op.outShape(0)[axis];
      int[] result = new int[length];
      Arrays.setAll(result, i -> atoms[i % atoms.length]);
      for (int i = length; i < atoms.length; i++) {
        op.space().union(atoms[i % length], atoms[i]);
      }
      out = result;
    }
    int[][] axes = new int[4][];
    axes[0] = x.axes()[0];
    axes[axis] = out;
    op.out(0, new AxisMap(axes, op.dead(0)));
  }
}
