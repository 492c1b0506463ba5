package org.samediff.pruning.graph;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How far two arrays are apart.
 *
 * @param within every element obeys {@code |a - e| <= absolute + relative * |e|}
 * @param maxAbsolute largest {@code |a - e|}
 * @param maxRelative largest {@code |a - e| / scale}, with the largest {@code |e|} of the array as
 *     scale
 * @param expected element of the first array where they differ most
 * @param actual element of the second array there
 */
public record Difference(
    boolean within, double maxAbsolute, double maxRelative, double expected, double actual) {

  /**
   * Compares element by element; arrays of different shape, and NaN and anything, NaN included, are
   * infinitely far apart.
   */
  public static Difference between(
      INDArray expected, INDArray actual, double absolute, double relative) {
    if (!Arrays.equals(expected.shape(), actual.shape())) {
      double inf = Double.POSITIVE_INFINITY;
      return new Difference(false, inf, inf, expected.length(), actual.length());
    }
    double[] e = expected.dup('c').data().asDouble();
    double[] a = actual.dup('c').data().asDouble();
    double scale = 0;
    double worst = -1;
    int at = 0;
    boolean within = true;
    for (int i = 0; i < e.length; i++) {
      double d = e[i] == a[i] ? 0 : Math.abs(e[i] - a[i]);
      if (Double.isNaN(d)) {
        d = Double.POSITIVE_INFINITY;
      }
      within &= d <= absolute + relative * Math.abs(e[i]);
      scale = Math.max(scale, Math.abs(e[i]));
      if (d > worst) {
        worst = d;
        at = i;
      }
    }
    if (e.length == 0) {
      return new Difference(true, 0, 0, 0, 0);
    }
    double relativeToScale = worst == 0 ? 0 : worst / Math.max(scale, Double.MIN_NORMAL);
    return new Difference(within, worst, relativeToScale, e[at], a[at]);
  }

  /** The larger of two differences. */
  public Difference max(Difference other) {
    Difference larger = other.maxRelative > maxRelative ? other : this;
    return new Difference(
        within && other.within,
        Math.max(maxAbsolute, other.maxAbsolute),
        larger.maxRelative,
        larger.expected,
        larger.actual);
  }
}
