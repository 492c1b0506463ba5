package org.samediff.pruning.channels;

/** {@code mergeadd}, {@code mergemax}, {@code mergeavg}: elementwise over any number of arrays. */
final class MergeRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    int[][] axes = op.in(0).axes();
    Dead dead = op.dead(0);
    for (int i = 1; i < op.inputs(); i++) {
      dead = dead.with(op.dead(i));
      for (int d = 0; d < axes.length; d++) {
        int[] other = op.in(i).axes()[d];
        if (axes[d] != null || other != null) {
          op.tie(axes[d], other);
        }
      }
    }
    op.out(0, new AxisMap(axes, dead));
  }
}
