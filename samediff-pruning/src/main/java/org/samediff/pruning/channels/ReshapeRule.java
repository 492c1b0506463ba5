package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Changes of shape that keep the order of elements: axes that stay are carried; a channel axis that
 * is merged with the axes behind and before it (flatten) is repeated accordingly. A channel axis
 * that is split becomes a {@link Grid}, and one again when its axes are merged, in whatever order;
 * one that is split and merged with space at once is cut in blocks. A constant shape that holds the
 * channel count is noted for patching.
 */
final class ReshapeRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.raw(0);
    if (!x.tracked()) {
      op.out(0, AxisMap.untracked(op.outShape(0).length));
      return;
    }
    Dead dead = op.dead(0);
    Walk walk = new Walk(op, x, op.inShape(0), op.outShape(0));
    walk.run();
    AxisMap result = new AxisMap(walk.axes, walk.placed(), dead, false);
    op.out(0, result);
    if (op.op().type().equals("reshape")) {
      notePatches(op, result);
    }
  }

  /** Walks both shapes and pairs the shortest runs of axes that hold the same elements. */
  private static final class Walk {
    private final RuleContext op;
    private final AxisMap x;
    private final long[] in;
    private final long[] out;
    private final int[][] axes;

    /** The grid in the output, and where its axes have come to lie; -1 if merged. */
    private Optional<Grid> grid;

    private int[] at;

    Walk(RuleContext op, AxisMap x, long[] in, long[] out) {
      this.op = op;
      this.x = x;
      this.in = in;
      this.out = out;
      axes = new int[out.length][];
      grid = x.grid().map(Grid.Placed::grid);
      at = new int[grid.map(Grid::rank).orElse(0)];
      Arrays.fill(at, -1);
    }

    void run() {
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
        pair(i0, i, o0, o);
      }
    }

    Optional<Grid.Placed> placed() {
      boolean whole = grid.isPresent() && Arrays.stream(at).noneMatch(a -> a < 0);
      return whole ? Optional.of(new Grid.Placed(grid.get(), at)) : Optional.empty();
    }

    /** Input axes [i0, i1) hold the same elements as output axes [o0, o1). */
    private void pair(int i0, int i1, int o0, int o1) {
      List<Integer> wide = new ArrayList<>();
      for (int d = o0; d < o1; d++) {
        if (out[d] > 1) {
          wide.add(d);
        }
      }
      List<Integer> gridAxes = gridAxesIn(i0, i1);
      if (!gridAxes.isEmpty()) {
        pairGrid(i0, i1, gridAxes, wide);
        return;
      }
      int tracked = onlyTracked(i0, i1);
      if (tracked < 0) {
        return;
      }
      if (wide.size() == 1) {
        axes[wide.get(0)] = repeated(i0, i1, tracked, (int) out[wide.get(0)]);
      } else if (in[tracked] == RuleContext.product(in, i0, i1) && grid.isEmpty()) {
        int[] lengths = wide.stream().mapToInt(d -> (int) out[d]).toArray();
        grid = Optional.of(op.grid(lengths, x.axes()[tracked]));
        at = wide.stream().mapToInt(Integer::intValue).toArray();
      } else if (!wide.isEmpty() && RuleContext.product(in, i0, tracked) == 1) {
        blocks(x.axes()[tracked], wide.get(0));
      } else {
        op.pin(x.axes()[tracked], "splits the channel axis");
      }
    }

    /**
     * Both shapes of the run lead with channels, and space follows: {@code [C, H, W]} as {@code [G,
     * C / G * H * W]} and back. A block of channels that share an index is cut as a whole.
     */
    private void blocks(int[] atoms, int axis) {
      int length = (int) out[axis];
      if (atoms.length % length == 0) {
        int each = atoms.length / length;
        axes[axis] = new int[length];
        for (int i = 0; i < atoms.length; i++) {
          op.space().union(atoms[i / each * each], atoms[i]);
          axes[axis][i / each] = atoms[i / each * each];
        }
      } else if (length % atoms.length == 0) {
        axes[axis] = DepthwiseRule.repeated(atoms, length / atoms.length);
      } else {
        op.pin(atoms, "splits the channel axis");
      }
    }

    private List<Integer> gridAxesIn(int i0, int i1) {
      List<Integer> found = new ArrayList<>();
      x.grid()
          .ifPresent(
              p -> {
                for (int a = 0; a < p.axes().length; a++) {
                  if (p.axes()[a] >= i0 && p.axes()[a] < i1) {
                    found.add(a);
                  }
                }
              });
      return found;
    }

    /** A run with axes of a split channel axis in it. */
    private void pairGrid(int i0, int i1, List<Integer> gridAxes, List<Integer> outs) {
      Grid.Placed p = x.grid().orElseThrow();
      boolean alone =
          gridAxes.size() == 1
              && outs.size() == 1
              && out[outs.get(0)] == p.grid().length(gridAxes.get(0));
      boolean whole = gridAxes.size() == p.grid().rank() && outs.size() == 1;
      for (int d = i0; d < i1; d++) {
        op.pin(x.axes()[d], "merges two channel axes into one");
      }
      if (alone) {
        at[gridAxes.get(0)] = outs.get(0);
      } else if (whole) {
        axes[outs.get(0)] = merged(p, i0, i1, (int) out[outs.get(0)]);
      } else {
        gridAxes.forEach(p.grid()::keep);
      }
    }

    /** Every element of the run by the channel it belongs to. */
    private int[] merged(Grid.Placed p, int i0, int i1, int length) {
      int[] atoms = new int[length];
      int[] index = new int[in.length];
      for (int f = 0; f < length; f++) {
        int rest = f;
        for (int d = i1 - 1; d >= i0; d--) {
          index[d] = (int) (rest % in[d]);
          rest /= (int) in[d];
        }
        atoms[f] = p.grid().atom(Arrays.stream(p.axes()).map(d -> index[d]).toArray());
      }
      return atoms;
    }

    /** The one channel axis of a run, or -1; two of them are pinned. */
    private int onlyTracked(int i0, int i1) {
      int tracked = -1;
      for (int d = i0; d < i1; d++) {
        if (x.axes()[d] != null && in[d] > 1) {
          if (tracked >= 0) {
            op.pin(x.axes()[d], "merges two channel axes into one");
            op.pin(x.axes()[tracked], "merges two channel axes into one");
          }
          tracked = d;
        } else if (in[d] == 1) {
          // an axis of length one is never cut; what hangs on it must not be either
          op.pin(x.axes()[d], "moves an axis of length one");
        }
      }
      return tracked;
    }

    private int[] repeated(int i0, int i1, int tracked, int length) {
      int[] atoms = x.axes()[tracked];
      long inner = RuleContext.product(in, tracked + 1, i1);
      int[] repeated = new int[length];
      for (int f = 0; f < length; f++) {
        repeated[f] = atoms[(int) (f / inner % atoms.length)];
      }
      return repeated;
    }
  }

  private static void notePatches(RuleContext op, AxisMap result) {
    for (int d = 0; d < result.rank(); d++) {
      int axis = d;
      if (result.axes()[d] != null) {
        int[] atoms = result.axes()[d];
        notePatch(
            op,
            result.rank(),
            d,
            index -> op.countInArgument(index, atoms),
            () -> op.countInConstant(1, axis, atoms),
            () -> op.pin(atoms, "takes a shape that is computed"));
      }
    }
    result
        .grid()
        .ifPresent(
            p -> {
              for (int a = 0; a < p.axes().length; a++) {
                int gridAxis = a;
                int d = p.axes()[a];
                notePatch(
                    op,
                    result.rank(),
                    d,
                    index -> op.countInArgument(index, p.grid(), gridAxis),
                    () -> op.countInConstant(1, d, p.grid(), gridAxis),
                    () -> p.grid().keep(gridAxis));
              }
            });
  }

  /** Where the length of output axis d is written, if it is: -1 and 0 stand for what fits. */
  private static void notePatch(
      RuleContext op,
      int rank,
      int d,
      IntConsumer inArgument,
      Runnable inConstant,
      Runnable computed) {
    if (op.inputs() == 1) {
      // argument 0 is the order, the shape follows
      int index = op.iArgs() - rank + d;
      if (op.iArg(index) > 0) {
        inArgument.accept(index);
      }
    } else if (op.constant(1).isEmpty()) {
      computed.run();
    } else if (op.constant(1).get()[d] > 0) {
      inConstant.run();
    }
  }
}
