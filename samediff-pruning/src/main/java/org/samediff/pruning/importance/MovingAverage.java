package org.samediff.pruning.importance;

/**
 * Exponential moving average of a vector, without the bias of a start at zero: after t steps the
 * weights {@code decay^(t-i) (1-decay) / (1-decay^t)} sum to one.
 */
final class MovingAverage {
  private final double decay;
  private final double[] sum;
  private double weight;

  MovingAverage(int length, double decay) {
    this.decay = decay;
    sum = new double[length];
  }

  void add(double[] values) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] = decay * sum[i] + (1 - decay) * values[i];
    }
    weight = decay * weight + (1 - decay);
  }

  /** The average; zeros before the first value. */
  double[] get() {
    double[] result = new double[sum.length];
    if (weight > 0) {
      for (int i = 0; i < result.length; i++) {
        result[i] = sum[i] / weight;
      }
    }
    return result;
  }

  /** Divides by the mean, in place; a vector of zeros stays. */
  static double[] byMean(double[] values) {
    double total = 0;
    for (double v : values) {
      total += v;
    }
    if (total > 0) {
      double scale = values.length / total;
      for (int i = 0; i < values.length; i++) {
        values[i] *= scale;
      }
    }
    return values;
  }
}
