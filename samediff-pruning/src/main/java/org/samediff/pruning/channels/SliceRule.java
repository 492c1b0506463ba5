package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.Optional;

/**
 * {@code slice}: begin and size for each axis. Bounds on a channel axis are counts of the channels
 * before and within, and are patched.
 */
final class SliceRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int rank = x.rank();
    boolean arguments = op.inputs() == 1;
    Optional<long[]> begins = arguments ? Optional.of(arguments(op, rank)) : op.constant(1);
    if (begins.isEmpty() || (!arguments && op.constant(2).isEmpty())) {
      op.opaque("slices between bounds that are not constant");
      return;
    }
    int[][] axes = new int[rank][];
    for (int d = 0; d < rank; d++) {
      int[] atoms = x.axes()[d];
      int begin = (int) begins.get()[d];
      int length = (int) op.outShape(0)[d];
      if (atoms == null || length == atoms.length) {
        axes[d] = atoms;
        whole(op, arguments, rank, d, atoms);
      } else {
        axes[d] = Arrays.copyOfRange(atoms, begin, begin + length);
        op.atLeastOne(axes[d]);
        int[] before = Arrays.copyOf(atoms, begin);
        count(op, arguments, 1, d, d, before);
        count(op, arguments, 2, rank + d, d, axes[d]);
      }
    }
    op.out(0, new AxisMap(axes, op.dead(0)));
  }

  private static long[] arguments(RuleContext op, int rank) {
    long[] begin = new long[rank];
    for (int d = 0; d < rank; d++) {
      begin[d] = op.iArg(d);
    }
    return begin;
  }

  /** The size of an axis that is taken whole, unless it is written as -1. */
  private static void whole(RuleContext op, boolean arguments, int rank, int d, int[] atoms) {
    long size = arguments ? op.iArg(rank + d) : op.constant(2).orElseThrow()[d];
    if (atoms != null && size >= 0) {
      count(op, arguments, 2, rank + d, d, atoms);
    }
  }

  private static void count(
      RuleContext op, boolean arguments, int input, int argument, int element, int[] atoms) {
    if (arguments) {
      op.countInArgument(argument, atoms);
    } else {
      op.countInConstant(input, element, atoms);
    }
  }
}
