package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.List;

/**
 * How much an op has to do, as a function of the channels that are left: elements of its first
 * output, and multiply-accumulates for one example.
 *
 * @param op name of the op
 * @param elements for each axis of the output, for each index, {group, channel}, or {-1, -1} for
 *     one that is never cut
 * @param products multiply-accumulates; empty for an op that has none
 */
public record OpWork(String op, int[][][] elements, List<Products> products) {
  /**
   * Multiply-accumulates with one array of weights.
   *
   * @param uses how often each weight is used for one example
   * @param weights for each axis of the weights, for each index, {group, channel} as above
   */
  public record Products(double uses, int[][][] weights) {}

  /**
   * What an op takes.
   *
   * @param fixed nanoseconds whatever the widths
   * @param perElement nanoseconds for each element
   * @param perProduct nanoseconds for each multiply-accumulate
   */
  public record Time(double fixed, double perElement, double perProduct) {}

  /** Elements of the output with these channels left. */
  public double elements(boolean[][] kept) {
    return product(elements, kept);
  }

  /** Multiply-accumulates for one example with these channels left. */
  public double products(boolean[][] kept) {
    return products.stream().mapToDouble(p -> p.uses() * product(p.weights(), kept)).sum();
  }

  private static double product(int[][][] axes, boolean[][] kept) {
    double product = 1;
    for (int[][] axis : axes) {
      product *= Arrays.stream(axis).filter(o -> o[0] < 0 || kept[o[0]][o[1]]).count();
    }
    return product;
  }
}
