package org.samediff.pruning.channels;

/** {@code concat}: the joined axis holds the inputs' channels one after the other. */
final class ConcatRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    long[] out = op.outShape(0);
    if (op.iArgs() != 1) {
      op.opaque("joins along an axis that is not constant");
      return;
    }
    int joined = Math.floorMod((int) op.iArg(0), out.length);
    int[][] axes = new int[out.length][];
    Dead dead = Dead.ZERO;
    for (int i = 0; i < op.inputs(); i++) {
      AxisMap x = op.in(i);
      if (x.tracked()) {
        // an input without channels has none that could be cut
        dead = dead.with(op.dead(i));
      }
      for (int d = 0; d < out.length; d++) {
        if (d != joined) {
          if (i > 0) {
            op.tie(axes[d], x.axes()[d]);
          }
          axes[d] = x.axes()[d];
        }
      }
    }
    for (int d = 0; d < out.length; d++) {
      if (d != joined && axes[d] != null) {
        dead = dead.uneven();
      }
    }
    axes[joined] = join(op, joined, (int) out[joined]);
    op.out(0, new AxisMap(axes, dead));
  }

  private static int[] join(RuleContext op, int axis, int length) {
    boolean any = false;
    int[] atoms = new int[length];
    int offset = 0;
    for (int i = 0; i < op.inputs(); i++) {
      int[] part = op.in(i).axes()[axis];
      any |= part != null;
      if (part == null) {
        part = op.fresh(op.inShape(i)[axis]);
        op.pin(part, "joins it with data that cannot be cut");
      }
      System.arraycopy(part, 0, atoms, offset, part.length);
      offset += part.length;
    }
    return any ? atoms : null;
  }
}
