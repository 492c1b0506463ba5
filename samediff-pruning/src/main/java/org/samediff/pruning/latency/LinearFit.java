package org.samediff.pruning.latency;

import java.util.Arrays;

/** Least squares of relative errors with coefficients that are not negative. */
final class LinearFit {
  private static final int SWEEPS = 2000;

  private LinearFit() {}

  /**
   * Coefficients of the features, by coordinate descent, which ends at the one minimum that such a
   * problem has.
   *
   * @param features {@code [row][feature]}, not negative
   * @param values positive, one per row
   */
  static double[] fit(double[][] features, double[] values) {
    int n = features[0].length;
    double[] coefficients = new double[n];
    double[] missing = new double[values.length]; // share of each value that is not explained yet
    Arrays.fill(missing, 1);
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
      for (int f = 0; f < n; f++) {
        double along = 0;
        double length = 0;
        for (int row = 0; row < values.length; row++) {
          double feature = features[row][f] / values[row];
          along += feature * missing[row];
          length += feature * feature;
        }
        if (length > 0) {
          double better = Math.max(0, coefficients[f] + along / length);
          double step = better - coefficients[f];
          for (int row = 0; row < values.length; row++) {
            missing[row] -= step * features[row][f] / values[row];
          }
          coefficients[f] = better;
        }
      }
    }
    return coefficients;
  }
}
