package org.samediff.pruning.channels;

import java.util.Set;

/**
 * Elementwise ops of two arrays with broadcasting: axes of equal length are tied, an axis of length
 * one takes the other's channels. What a cut channel holds behind it depends on the op.
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
          "reversedivide",
          "maximum",
          "minimum",
          "squaredsubtract",
          "prelu");

  @Override
  public void apply(RuleContext op) {
    AxisMap a = op.in(0);
    AxisMap b = op.in(1);
    long[] out = op.outShape(0);
    int[][] axes = new int[out.length][];
    Dead aDead = op.dead(0);
    Dead bDead = op.dead(1);
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
        if (axes[d] != null && !leftFull) {
          aDead = spread(op, 0, a);
        } else if (axes[d] != null) {
          bDead = spread(op, 1, b);
        }
      }
    }
    op.out(0, new AxisMap(axes, combine(op.op().type(), aDead, bDead)));
  }

  /** What an operand without the channel axis adds to a cut channel. */
  private static Dead spread(RuleContext op, int input, AxisMap map) {
    boolean number = RuleContext.product(op.inShape(input), 0, op.inShape(input).length) == 1;
    return map.leaf() && number ? Dead.UNIFORM : Dead.VARYING;
  }

  private static Dead combine(String type, Dead a, Dead b) {
    return switch (type) {
      case "multiply" -> a == Dead.ZERO || b == Dead.ZERO ? Dead.ZERO : a.with(b);
      case "divide", "realdiv" -> quotient(a, b);
      case "reversedivide" -> quotient(b, a);
      case "prelu" -> a == Dead.ZERO ? Dead.ZERO : a.with(b);
      default -> a.with(b);
    };
  }

  private static Dead quotient(Dead a, Dead b) {
    if (b == Dead.ZERO) {
      return Dead.VARYING; // not a number
    }
    return a == Dead.ZERO ? Dead.ZERO : a.with(b);
  }
}
