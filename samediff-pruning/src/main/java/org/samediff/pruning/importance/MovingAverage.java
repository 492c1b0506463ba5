package org.samediff.pruning.importance;

import java.util.Arrays;
import org.samediff.pruning.error.PruningException;

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

  /** Everything the average knows: the sums, then their weight. */
  double[] state() {
    double[] state = Arrays.copyOf(sum, sum.length + 1);
    state[sum.length] = weight;
    return state;
  }

  /** Takes on what {@link #state} gave. */
  void restore(double[] state) {
    if (state.length != sum.length + 1) {
      throw new PruningException(
          PruningException.Code.CHECKPOINT_MISMATCH,
          "the checkpoint's moving average is over "
              + (state.length - 1)
              + " filters, and the graph's over "
              + sum.length);
    }
    System.arraycopy(state, 0, sum, 0, sum.length);
    weight = state[sum.length];
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
