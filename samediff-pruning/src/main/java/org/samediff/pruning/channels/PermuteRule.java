package org.samediff.pruning.channels;

/** {@code permute}, {@code transpose}: axes change places. */
final class PermuteRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int rank = x.rank();
    if (op.inputs() > 1 || (op.iArgs() != 0 && op.iArgs() != rank)) {
      op.opaque("permutes by an order that is not constant");
      return;
    }
    int[][] axes = new int[rank][];
    for (int d = 0; d < rank; d++) {
      axes[d] = x.axes()[op.iArgs() == 0 ? rank - 1 - d : (int) op.iArg(d)];
    }
    op.out(0, new AxisMap(axes, x.zero(), false));
  }
}
