package org.samediff.pruning.channels;

import java.util.Arrays;

/**
 * Which channels lie where in one array, and whether a cut channel is zero there.
 *
 * <p>For each axis either the atom of every index along it, or null where the indices are no
 * channels (batch, space). Two indices with the same atom, or with atoms that {@link ChannelSpace}
 * has tied, live or die together. Not to be modified.
 *
 * @param axes one entry per axis; {@code axes[d]} is null or as long as the array's dimension d
 * @param zero true if every value at a cut channel's index is exactly 0 once its unit is masked
 * @param leaf true for a variable or constant itself, false for what an op computes
 */
record AxisMap(int[][] axes, boolean zero, boolean leaf) {
  static AxisMap untracked(int rank) {
    return new AxisMap(new int[rank][], false, false);
  }

  /** A computed array whose only channel axis is {@code axis}. */
  static AxisMap single(int rank, int axis, int[] atoms, boolean zero) {
    int[][] axes = new int[rank][];
    axes[axis] = atoms;
    return new AxisMap(axes, zero, false);
  }

  int rank() {
    return axes.length;
  }

  boolean tracked() {
    return Arrays.stream(axes).anyMatch(a -> a != null);
  }
}
