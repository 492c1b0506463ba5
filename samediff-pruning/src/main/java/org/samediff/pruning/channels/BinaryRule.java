package org.samediff.pruning.channels;

import java.util.Set;

/**
 * Elementwise ops of two arrays with broadcasting: axes of equal length are tied, an axis of length
 * one takes the other's channels. Whether a cut channel stays zero depends on the op.
 */
final class BinaryRule implements ChannelRule {
  static final Set<String> OPS =
      Set.of(
          "add",
          "subtract",
          "reversesubtract",
          "multiply",
          "divide",
          "realdiv",
          "maximum",
          "minimum",
          "squaredsubtract");

  @Override
  public void apply(RuleContext op) {
    AxisMap a = op.in(0);
    AxisMap b = op.in(1);
    long[] out = op.outShape(0);
    int[][] axes = new int[out.length][];
    boolean aZero = a.zero();
    boolean bZero = b.zero();
    for (int d = 0; d < out.length; d++) {
      int da = d - (out.length - a.rank());
      int db = d - (out.length - b.rank());
      int[] left = da < 0 ? null : a.axes()[da];
      int[] right = db < 0 ? null : b.axes()[db];
      boolean leftFull = da >= 0 && op.inShape(0)[da] == out[d];
      boolean rightFull = db >= 0 && op.inShape(1)[db] == out[d];
      if (leftFull && rightFull) {
        if (left != null || right != null) {
          op.tie(left, right);
        }
        axes[d] = left != null ? left : right;
      } else {
        op.pin(leftFull ? right : left, "spreads its one channel over others");
        axes[d] = leftFull ? left : right;
        if (axes[d] != null) {
          aZero &= leftFull;
          bZero &= rightFull;
        }
      }
    }
    op.out(0, new AxisMap(axes, zero(op.op().type(), aZero, bZero), false));
  }

  private static boolean zero(String type, boolean a, boolean b) {
    return switch (type) {
      case "multiply" -> a || b;
      case "divide", "realdiv" -> a && !b;
      default -> a && b;
    };
  }
}
