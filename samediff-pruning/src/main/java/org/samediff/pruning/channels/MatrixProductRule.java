package org.samediff.pruning.channels;

/**
 * {@code matmul}: mixes along the contracted axis; rows come from the left, columns from the right.
 * Either side may be transposed, either may be the weights.
 */
final class MatrixProductRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap a = op.in(0);
    AxisMap b = op.in(1);
    int rank = op.outShape(0).length;
    boolean resultTransposed = op.iArgs() > 2 && op.iArg(2) != 0;
    if (a.rank() < 2 || b.rank() < 2 || resultTransposed) {
      op.opaque("multiplies vectors or transposes its result, for which there is no rule");
      return;
    }
    boolean ta = op.iArgs() > 0 && op.iArg(0) != 0;
    boolean tb = op.iArgs() > 1 && op.iArg(1) != 0;
    int aRow = a.rank() - (ta ? 1 : 2);
    int aSum = a.rank() - (ta ? 2 : 1);
    int bSum = b.rank() - (tb ? 1 : 2);
    int bCol = b.rank() - (tb ? 2 : 1);

    if (a.leaf()) {
      op.space().markConsumer(a.axes()[aSum]);
    }
    if (b.leaf()) {
      op.space().markConsumer(b.axes()[bSum]);
    }
    op.tie(a.axes()[aSum], b.axes()[bSum]);
    boolean exact = (!a.leaf() && a.zero()) || (!b.leaf() && b.zero());
    if (!exact) {
      op.pin(a.axes()[aSum], "sums over it, and a cut channel is not zero there");
    }
    for (int d = 0; d < a.rank() - 2; d++) {
      op.pin(a.axes()[d], "multiplies it batch by batch");
    }
    for (int d = 0; d < b.rank() - 2; d++) {
      op.pin(b.axes()[d], "multiplies it batch by batch");
    }

    int[][] axes = new int[rank][];
    axes[rank - 2] = a.axes()[aRow];
    axes[rank - 1] = b.axes()[bCol];
    boolean zero = (axes[rank - 2] == null || a.zero()) && (axes[rank - 1] == null || b.zero());
    op.out(0, new AxisMap(axes, zero, false));
    if (b.leaf()) {
      long[] shape = op.inShape(0);
      long rows = RuleContext.product(shape, 0, shape.length) / shape[aSum];
      op.macs((double) rows / op.batch(), b, op.inShape(1));
    } else if (a.leaf()) {
      long[] shape = op.inShape(1);
      long columns = RuleContext.product(shape, 0, shape.length) / shape[bSum];
      op.macs((double) columns / op.batch(), a, op.inShape(0));
    }
  }
}
