package org.samediff.pruning.channels;

/** Pooling over space: channels pass, and a map of zeros pools to zeros. */
final class PoolingRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    long[] in = op.inShape(0);
    long[] out = op.outShape(0);
    for (int d = 0; d < x.rank(); d++) {
      if (x.axes()[d] != null && in[d] != out[d]) {
        op.opaque("pools along the channel axis");
        return;
      }
    }
    op.carry(x.zero());
  }
}
