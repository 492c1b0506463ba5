package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.Optional;

/**
 * {@code tile} and {@code broadcast_to}: channels are repeated as a block, and spread over space.
 * In an array without channels an axis of length one becomes one that is as long as what it will
 * meet, and its length is patched.
 */
final class TileRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    boolean arguments = op.inputs() == 1 && op.iArgs() > 0;
    Optional<long[]> constant = op.inputs() == 2 ? op.constant(1) : Optional.empty();
    AxisMap x = op.in(0);
    long[] in = op.inShape(0);
    long[] out = op.outShape(0);
    if ((!arguments && constant.isEmpty()) || in.length > out.length) {
      op.opaque("repeats it a number of times that is not constant");
      return;
    }
    boolean shape = op.op().type().equals("broadcast_to");
    boolean carries = carries(x, in);
    int[][] axes = new int[out.length][];
    Dead dead = op.dead(0);
    for (int d = 0; d < out.length; d++) {
      int from = d - (out.length - in.length);
      long length = from < 0 ? 1 : in[from];
      int[] atoms = from < 0 ? null : x.axes()[from];
      if (length == out[d]) {
        axes[d] = atoms;
        if (shape && atoms != null) {
          op.countInConstant(1, d, atoms);
        }
      } else if (length == 1) {
        op.pin(atoms, "spreads its one channel over others");
        if (carries) {
          continue; // over space
        }
        axes[d] = op.fresh(out[d]);
        dead = Dead.VARYING;
        if (arguments) {
          op.countInArgument(d, axes[d]);
        } else {
          op.countInConstant(1, d, axes[d]);
        }
      } else if (atoms != null) {
        axes[d] = repeated(atoms, (int) out[d]);
      }
    }
    op.out(0, new AxisMap(axes, dead));
  }

  /** True if channels lie along an axis that is more than one long. */
  private static boolean carries(AxisMap x, long[] in) {
    for (int d = 0; d < in.length; d++) {
      if (x.axes()[d] != null && in[d] > 1) {
        return true;
      }
    }
    return false;
  }

  private static int[] repeated(int[] atoms, int length) {
    int[] all = new int[length];
    Arrays.setAll(all, i -> atoms[i % atoms.length]);
    return all;
  }
}
