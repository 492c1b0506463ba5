package org.samediff.pruning.channels;

/**
 * {@code matmul}: mixes along the contracted axis; rows come from the left, columns from the right.
 * Either side may be transposed, either may be the weights. {@code xw_plus_b} adds a bias. The
 * columns of trainable weights on the right are units; if they are to be cut they are its filters.
 */
final class MatrixProductRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap a = op.in(0);
    AxisMap b = op.in(1);
    int rank = op.outShape(0).length;
    boolean linear = op.op().type().equals("xw_plus_b");
    boolean resultTransposed = op.iArgs() > 2 && op.iArg(2) != 0 && !linear;
    if (a.rank() < 2 || b.rank() < 2 || resultTransposed || (linear && transposes(op))) {
      op.opaque("multiplies vectors or transposes its result, for which there is no rule");
      return;
    }
    boolean ta = !linear && op.iArgs() > 0 && op.iArg(0) != 0;
    boolean tb = !linear && op.iArgs() > 1 && op.iArg(1) != 0;
    int aRow = a.rank() - (ta ? 1 : 2);
    int aSum = a.rank() - (ta ? 2 : 1);
    int bSum = b.rank() - (tb ? 1 : 2);
    int bCol = b.rank() - (tb ? 2 : 1);

    consume(op, a, aSum, b, bSum, rank);
    for (int d = 0; d < a.rank() - 2; d++) {
      op.pin(a.axes()[d], "multiplies it batch by batch");
    }
    for (int d = 0; d < b.rank() - 2; d++) {
      op.pin(b.axes()[d], "multiplies it batch by batch");
    }
    int[][] axes = new int[rank][];
    axes[rank - 2] = a.axes()[aRow];
    axes[rank - 1] = b.axes()[bCol];
    Dead dead = product(axes[rank - 2], a).with(product(axes[rank - 1], b));
    if (linear) {
      op.tie(axes[rank - 1], op.in(2).axes()[0]);
      dead = dead.with(op.dead(2));
    }
    op.out(0, new AxisMap(axes, dead));
    boolean dense = rank == 2 && b.rank() == 2 && b.leaf() && b.dead() == Dead.ZERO && !a.leaf();
    if (dense && op.cutsDenseUnits()) {
      op.filters(1, bCol, 1);
    }
    if (b.leaf()) {
      macs(op, 0, aSum, b, 1);
    } else if (a.leaf()) {
      macs(op, 1, bSum, a, 0);
    }
  }

  private static boolean transposes(RuleContext op) {
    boolean any = false;
    for (int i = 0; i < op.iArgs(); i++) {
      any |= op.iArg(i) != 0;
    }
    return any;
  }

  private static void consume(RuleContext op, AxisMap a, int aSum, AxisMap b, int bSum, int rank) {
    if (a.leaf()) {
      op.space().markConsumer(a.axes()[aSum]);
    }
    if (b.leaf()) {
      op.space().markConsumer(b.axes()[bSum]);
    }
    op.tie(a.axes()[aSum], b.axes()[bSum]);
    boolean exact = (!a.leaf() && a.dead() == Dead.ZERO) || (!b.leaf() && b.dead() == Dead.ZERO);
    if (exact) {
      return;
    }
    if (b.leaf() && !a.leaf() && a.dead() == Dead.UNIFORM) {
      op.fold(2, 0, aSum, rank - 1);
    } else if (a.leaf() && !b.leaf() && b.dead() == Dead.UNIFORM) {
      op.fold(2, 1, bSum, rank - 2);
    } else {
      op.inexact(a.axes()[aSum], "sums over it, and a cut channel is not constant there");
    }
  }

  /** A row or column of zeros gives zeros; of anything else it gives anything. */
  private static Dead product(int[] kept, AxisMap side) {
    return kept == null || side.dead() == Dead.ZERO ? Dead.ZERO : Dead.VARYING;
  }

  private static void macs(RuleContext op, int input, int sumAxis, AxisMap weights, int at) {
    long[] shape = op.inShape(input);
    long rows = RuleContext.product(shape, 0, shape.length) / shape[sumAxis];
    op.macs((double) rows / op.batch(), weights, op.inShape(at));
  }
}
