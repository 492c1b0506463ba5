package org.samediff.pruning.channels;

/** {@code reverse}: the order along some axes turns round. */
final class ReverseRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    if (op.inputs() > 1) {
      op.opaque("reverses axes that are not constant");
      return;
    }
    int[][] axes = x.axes().clone();
    for (int i = 0; i < op.iArgs(); i++) {
      int d = Math.floorMod((int) op.iArg(i), x.rank());
      if (axes[d] != null) {
        int[] turned = new int[axes[d].length];
        for (int k = 0; k < turned.length; k++) {
          turned[k] = axes[d][turned.length - 1 - k];
        }
        axes[d] = turned;
      }
    }
    op.out(0, new AxisMap(axes, op.dead(0)));
  }
}
