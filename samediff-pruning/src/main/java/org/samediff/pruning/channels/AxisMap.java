package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.Optional;

/**
 * Which channels lie where in one array, and what a cut channel holds there.
 *
 * <p>For each axis either the atom of every index along it, or null where the indices are no
 * channels (batch, space). Two indices with the same atom, or with atoms that {@link ChannelSpace}
 * has tied, live or die together. Not to be modified.
 *
 * @param axes one entry per axis; {@code axes[d]} is null or as long as the array's dimension d
 * @param grid channels that lie on several axes at once, behind a reshape that split them
 * @param dead what the array holds at a cut channel's index
 * @param leaf true for a variable or constant itself, false for what an op computes
 */
record AxisMap(int[][] axes, Optional<Grid.Placed> grid, Dead dead, boolean leaf) {
  AxisMap(int[][] axes, Dead dead) {
    this(axes, Optional.empty(), dead, false);
  }

  static AxisMap untracked(int rank) {
    return new AxisMap(new int[rank][], Dead.VARYING);
  }

  /** A computed array whose only channel axis is {@code axis}. */
  static AxisMap single(int rank, int axis, int[] atoms, Dead dead) {
    int[][] axes = new int[rank][];
    axes[axis] = atoms;
    return new AxisMap(axes, dead);
  }

  /** The same channels in an array that an op computes from this one. */
  AxisMap computed(Dead value) {
    return new AxisMap(axes, grid, value, false);
  }

  /** The map with every channel on one axis; decides the grid, if there is one. */
  AxisMap settled() {
    if (grid.isEmpty()) {
      return this;
    }
    int[][] all = axes.clone();
    Grid.Placed placed = grid.get();
    for (int a = 0; a < placed.axes().length; a++) {
      all[placed.axes()[a]] = placed.grid().axis(a);
    }
    return new AxisMap(all, Optional.empty(), dead, leaf);
  }

  int rank() {
    return axes.length;
  }

  boolean tracked() {
    return grid.isPresent() || Arrays.stream(axes).anyMatch(a -> a != null);
  }
}
