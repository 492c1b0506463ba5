package org.samediff.pruning.channels;

import org.nd4j.autodiff.samediff.VariableType;

/**
 * Changes of shape that keep the order of elements: axes that stay are carried; a channel axis that
 * is merged with the axes behind and before it (flatten) is repeated accordingly. A channel axis
 * that is split is pinned. A constant shape that holds the channel count is noted for patching.
 */
final class ReshapeRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    if (!x.tracked()) {
      op.out(0, AxisMap.untracked(op.outShape(0).length));
      return;
    }
    int[][] axes = merge(op, x, op.inShape(0), op.outShape(0));
    op.out(0, new AxisMap(axes, x.zero(), false));
    if (op.op().type().equals("reshape")) {
      notePatches(op, axes);
    }
  }

  /** Walks both shapes and pairs the shortest runs of axes whose products agree. */
  private static int[][] merge(RuleContext op, AxisMap x, long[] in, long[] out) {
    int[][] axes = new int[out.length][];
    int i = 0;
    int o = 0;
    while (i < in.length || o < out.length) {
      int i0 = i;
      int o0 = o;
      long pi = i < in.length ? in[i++] : 1;
      long po = o < out.length ? out[o++] : 1;
      while (pi != po) {
        if (pi < po) {
          pi *= in[i++];
        } else {
          po *= out[o++];
        }
      }
      run(op, x, in, i0, i, out, o0, o, axes);
    }
    return axes;
  }

  /** Input axes [i0, i1) hold the same elements as output axes [o0, o1). */
  private static void run(
      RuleContext op,
      AxisMap x,
      long[] in,
      int i0,
      int i1,
      long[] out,
      int o0,
      int o1,
      int[][] axes) {
    int tracked = -1;
    for (int d = i0; d < i1; d++) {
      if (x.axes()[d] != null && in[d] > 1) {
        if (tracked >= 0) {
          op.pin(x.axes()[d], "merges two channel axes into one");
          op.pin(x.axes()[tracked], "merges two channel axes into one");
        }
        tracked = d;
      }
    }
    if (tracked < 0) {
      // axes of length one need care only for what hangs on them: they are never cut
      for (int d = i0; d < i1; d++) {
        op.pin(x.axes()[d], "moves an axis of length one");
      }
      return;
    }
    int target = -1;
    for (int d = o0; d < o1; d++) {
      if (out[d] > 1) {
        if (target >= 0) {
          op.pin(x.axes()[tracked], "splits the channel axis");
          return;
        }
        target = d;
      }
    }
    int[] atoms = x.axes()[tracked];
    long inner = RuleContext.product(in, tracked + 1, i1);
    int[] repeated = new int[(int) out[target]];
    for (int f = 0; f < repeated.length; f++) {
      repeated[f] = atoms[(int) (f / inner % atoms.length)];
    }
    axes[target] = repeated;
  }

  private static void notePatches(RuleContext op, int[][] axes) {
    boolean inArguments = op.inputs() == 1;
    for (int d = 0; d < axes.length; d++) {
      if (axes[d] == null) {
        continue;
      }
      if (inArguments) {
        // argument 0 is the order, the shape follows
        int index = op.iArgs() - axes.length + d;
        if (op.iArg(index) > 0) {
          op.countInArgument(index, axes[d]);
        }
      } else if (op.inVariable(1).type() == VariableType.CONSTANT) {
        if (op.inVariable(1).array().getLong(d) > 0) {
          op.countInConstant(op.op().input(1), d, axes[d]);
        }
      } else {
        op.pin(axes[d], "takes a shape that is computed");
      }
    }
  }
}
