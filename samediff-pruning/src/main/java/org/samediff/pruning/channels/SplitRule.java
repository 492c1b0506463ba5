package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.Optional;

/**
 * {@code split} into equal parts, which lose the same channels each, and {@code split_v} into parts
 * of given sizes, which are patched.
 */
final class SplitRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    boolean equal = op.op().type().equals("split");
    Optional<Integer> where = axis(op, equal);
    if (where.isEmpty()) {
      op.opaque("splits along an axis that is not constant");
      return;
    }
    AxisMap x = op.in(0);
    int axis = Math.floorMod(where.get(), x.rank());
    int[] atoms = x.axes()[axis];
    if (atoms != null && !equal && op.constant(1).isEmpty()) {
      op.pin(atoms, "splits it into sizes that are not constant");
    }
    int offset = 0;
    int[] first = null;
    Dead dead = op.dead(0);
    for (int i = 0; i < op.outputs(); i++) {
      int[][] axes = x.axes().clone();
      if (atoms != null) {
        int length = (int) op.outShape(i)[axis];
        axes[axis] = Arrays.copyOfRange(atoms, offset, offset + length);
        offset += length;
        if (!equal) {
          op.atLeastOne(axes[axis]);
          op.countInConstant(1, i, axes[axis]);
        } else if (first == null) {
          first = axes[axis];
        } else {
          op.tie(first, axes[axis]);
        }
      }
      op.out(i, new AxisMap(axes, dead));
    }
  }

  /** {@code split}: the number of parts, then the axis; {@code split_v}: the axis first. */
  private static Optional<Integer> axis(RuleContext op, boolean equal) {
    int needed = equal ? 2 : 1;
    int inputs = equal ? 1 : 2;
    if (op.inputs() != inputs || op.iArgs() < needed) {
      return Optional.empty();
    }
    return Optional.of((int) op.iArg(equal ? 1 : 0));
  }
}
