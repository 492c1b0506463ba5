package org.samediff.pruning.channels;

/** {@code moments}: mean and variance over some axes; a dead channel's are both zero. */
final class MomentsRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int[] outOf = Dimensions.kept(op, 0);
    if (outOf == null) {
      op.opaque("takes moments along axes that are not constant");
      return;
    }
    boolean[] kept = new boolean[x.rank()];
    int[][] axes = new int[outOf.length][];
    for (int d = 0; d < outOf.length; d++) {
      if (outOf[d] >= 0) {
        kept[outOf[d]] = true;
        axes[d] = x.axes()[outOf[d]];
      }
    }
    for (int d = 0; d < x.rank(); d++) {
      if (!kept[d]) {
        op.pin(x.axes()[d], "takes the mean over it, which depends on how many there are");
      }
    }
    op.out(0, new AxisMap(axes, x.zero(), false));
    op.out(1, new AxisMap(axes, x.zero(), false));
  }
}
