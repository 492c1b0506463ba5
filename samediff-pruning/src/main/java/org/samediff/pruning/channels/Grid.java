package org.samediff.pruning.channels;

import java.util.Arrays;

/**
 * A channel axis that a reshape has split into several, as a channel shuffle, a group norm or a
 * pixel shuffle does. An array stays rectangular only if the cut takes whole slices along one of
 * the new axes; which one is decided by what follows: an axis that is reduced, or merged with
 * space, is kept, and of those left the innermost is cut.
 */
final class Grid {
  /**
   * Where a grid lies in an array.
   *
   * @param axes for each of the grid's axes the array's
   */
  record Placed(Grid grid, int[] axes) {}

  private final ChannelSpace space;
  private final String where;
  private final int[] lengths;
  private final int[] atoms;
  private final boolean[] kept;
  private boolean settled;
  private int cut = -1;
  private int[] representatives = {};

  /**
   * A grid.
   *
   * @param atoms in row-major order of the axes
   */
  Grid(ChannelSpace space, String where, int[] lengths, int[] atoms) {
    this.space = space;
    this.where = where;
    this.lengths = lengths;
    this.atoms = atoms;
    kept = new boolean[lengths.length];
  }

  int rank() {
    return lengths.length;
  }

  int length(int axis) {
    return lengths[axis];
  }

  /** The atom at these coordinates. */
  int atom(int[] at) {
    int index = 0;
    for (int a = 0; a < lengths.length; a++) {
      index = index * lengths[a] + at[a];
    }
    return atoms[index];
  }

  /** No slice along this axis is cut. */
  void keep(int axis) {
    if (settled && cut == axis) {
      space.pin(atoms, where + " splits its channels along axes that cannot be cut");
    }
    kept[axis] = true;
  }

  boolean settled() {
    return settled;
  }

  /** Decides which axis is cut, if it is not decided yet, and ties the channels accordingly. */
  void settle() {
    if (settled) {
      return;
    }
    settled = true;
    for (int a = 0; a < kept.length; a++) {
      if (!kept[a] && lengths[a] > 1) {
        cut = a;
      }
    }
    if (cut < 0) {
      space.pin(atoms, where + " splits its channels along axes that cannot be cut");
      return;
    }
    int inner = Arrays.stream(lengths, cut + 1, lengths.length).reduce(1, (a, b) -> a * b);
    representatives = new int[lengths[cut]];
    Arrays.fill(representatives, -1);
    for (int i = 0; i < atoms.length; i++) {
      int slice = i / inner % lengths[cut];
      if (representatives[slice] < 0) {
        representatives[slice] = atoms[i];
      } else {
        space.union(representatives[slice], atoms[i]);
      }
    }
  }

  /** The channels along an axis, or null if that axis is not cut; settles the grid. */
  int[] axis(int axis) {
    settle();
    return axis == cut ? representatives : null;
  }
}
