package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.Optional;

/**
 * {@code strided_slice}: begin, end and stride for the first axes, with masks. Arguments: the masks
 * for begin, ellipsis, end, new axis and shrunk axis, then begins, ends and strides, unless those
 * are inputs. Bounds on a channel axis are patched; a stride other than one keeps its channels.
 */
final class StridedSliceRule implements ChannelRule {
  private static final int MASKS = 5;

  private record Bounds(boolean arguments, long[] begin, long[] end, long[] stride) {}

  @Override
  public void apply(RuleContext op) {
    Optional<Bounds> found = bounds(op);
    if (found.isEmpty() || op.iArg(1) != 0 || op.iArg(3) != 0) {
      op.opaque("slices between bounds that are not constant, or adds axes");
      return;
    }
    Bounds b = found.get();
    AxisMap x = op.in(0);
    int[][] axes = new int[op.outShape(0).length][];
    for (int d = 0, o = 0; d < x.rank(); d++) {
      int[] atoms = x.axes()[d];
      if (d >= b.begin().length) {
        axes[o++] = atoms;
      } else if (bit(op.iArg(4), d)) {
        op.pin(atoms, "picks one channel by its number");
      } else {
        axes[o] = atoms == null ? null : slice(op, b, d, atoms, (int) op.outShape(0)[o]);
        o++;
      }
    }
    op.out(0, new AxisMap(axes, op.dead(0)));
  }

  private static Optional<Bounds> bounds(RuleContext op) {
    if (op.inputs() == 4) {
      if (op.constant(1).isEmpty() || op.constant(2).isEmpty() || op.constant(3).isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          new Bounds(
              false,
              op.constant(1).orElseThrow(),
              op.constant(2).orElseThrow(),
              op.constant(3).orElseThrow()));
    }
    int n = (op.iArgs() - MASKS) / 3;
    if (op.inputs() != 1 || n == 0 || (op.iArgs() - MASKS) % 3 != 0) {
      return Optional.empty();
    }
    return Optional.of(new Bounds(true, part(op, 0, n), part(op, 1, n), part(op, 2, n)));
  }

  private static long[] part(RuleContext op, int which, int n) {
    long[] values = new long[n];
    for (int i = 0; i < n; i++) {
      values[i] = op.iArg(MASKS + which * n + i);
    }
    return values;
  }

  private static int[] slice(RuleContext op, Bounds b, int d, int[] atoms, int length) {
    boolean fromStart = bit(op.iArg(0), d);
    boolean toEnd = bit(op.iArg(2), d);
    if (b.stride()[d] != 1) {
      op.pin(atoms, "takes every " + b.stride()[d] + "th channel");
      int[] picked = op.fresh(length);
      op.pin(picked, "takes every " + b.stride()[d] + "th channel");
      return picked;
    }
    long begin = b.begin()[d] < 0 ? b.begin()[d] + atoms.length : b.begin()[d];
    int from = fromStart ? 0 : (int) begin;
    int[] within = Arrays.copyOfRange(atoms, from, from + length);
    if (length < atoms.length) {
      op.atLeastOne(within);
    }
    if (!fromStart) {
      count(op, b, 0, d, Arrays.copyOf(atoms, from));
    }
    if (!toEnd) {
      count(op, b, 1, d, Arrays.copyOf(atoms, from + length));
    }
    return within;
  }

  private static void count(RuleContext op, Bounds b, int which, int d, int[] atoms) {
    if (b.arguments()) {
      op.countInArgument(MASKS + which * b.begin().length + d, atoms);
    } else {
      op.countInConstant(1 + which, d, atoms);
    }
  }

  private static boolean bit(long mask, int d) {
    return (mask >> d & 1) != 0;
  }
}
