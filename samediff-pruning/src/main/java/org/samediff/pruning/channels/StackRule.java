package org.samediff.pruning.channels;

/** {@code stack}: a new axis, as long as there are inputs; {@code unstack}: one axis less. */
final class StackRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    if (op.op().type().equals("stack")) {
      stack(op);
    } else {
      unstack(op);
    }
  }

  private static void stack(RuleContext op) {
    int rank = op.outShape(0).length;
    int added = Math.floorMod((int) op.iArg(0), rank);
    int[][] axes = new int[rank][];
    Dead dead = Dead.ZERO;
    for (int i = 0; i < op.inputs(); i++) {
      AxisMap x = op.in(i);
      dead = dead.with(op.dead(i));
      for (int d = 0; d < rank; d++) {
        if (d != added) {
          int[] from = x.axes()[d < added ? d : d - 1];
          if (i > 0 && (axes[d] != null || from != null)) {
            op.tie(axes[d], from);
          }
          axes[d] = axes[d] != null ? axes[d] : from;
        }
      }
    }
    op.out(0, new AxisMap(axes, dead == Dead.UNIFORM ? Dead.VARYING : dead));
  }

  private static void unstack(RuleContext op) {
    AxisMap x = op.in(0);
    int gone = Math.floorMod((int) op.iArg(0), x.rank());
    op.pin(x.axes()[gone], "takes it apart into single channels");
    int[][] axes = new int[x.rank() - 1][];
    for (int d = 0; d < axes.length; d++) {
      axes[d] = x.axes()[d < gone ? d : d + 1];
    }
    Dead dead = op.dead(0);
    for (int i = 0; i < op.outputs(); i++) {
      op.out(i, new AxisMap(axes, dead));
    }
  }
}
