package org.samediff.pruning.channels;

import java.util.Optional;

/** {@code permute}, {@code transpose}: axes change places. */
final class PermuteRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.raw(0);
    int rank = x.rank();
    if (op.inputs() > 1 || (op.iArgs() != 0 && op.iArgs() != rank)) {
      op.opaque("permutes by an order that is not constant");
      return;
    }
    int[][] axes = new int[rank][];
    int[] to = new int[rank];
    for (int d = 0; d < rank; d++) {
      int from = op.iArgs() == 0 ? rank - 1 - d : Math.floorMod((int) op.iArg(d), rank);
      axes[d] = x.axes()[from];
      to[from] = d;
    }
    Optional<Grid.Placed> grid =
        x.grid()
            .map(
                p -> {
                  int[] moved = new int[p.axes().length];
                  for (int a = 0; a < moved.length; a++) {
                    moved[a] = to[p.axes()[a]];
                  }
                  return new Grid.Placed(p.grid(), moved);
                });
    op.out(0, new AxisMap(axes, grid, op.dead(0), false));
  }
}
