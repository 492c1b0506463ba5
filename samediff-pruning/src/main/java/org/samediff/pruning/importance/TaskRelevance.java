package org.samediff.pruning.importance;

import java.util.Arrays;
import java.util.stream.Stream;
import org.samediff.pruning.error.PruningException;

/**
 * How much of the variance of each filter's response the classes explain: the adjusted correlation
 * ratio, from moving tables over steps.
 *
 * <p>With the response {@code p[n,k]} (the map's spatial mean), per class c the moving count n_c,
 * sums {@code S[c,k]} and squares {@code Q[k]}: {@code SSB = sum_c n_c (S_c/n_c - mu)^2}, {@code
 * SST = Q - N mu^2}, {@code eta2 = SSB/SST}, {@code b = (C-1)/(Neff-1)}, {@code R =
 * clip((eta2-b)/(1-b), 0, 1)}. The tables forget by {@code rho} each step, which leaves about
 * {@code Neff = B (1+rho)/(1-rho)} examples; rho is at least the given decay and large enough for
 * {@code Neff >= 30 C}.
 *
 * <p>R is 0 where the response does not vary (dead or constant map), and 1 for all while fewer than
 * two classes were seen or {@code Neff < 2C}: then the factor abstains. Correlation ratio: Fisher,
 * Statistical Methods for Research Workers; the adjustment is Kelley's epsilon squared, 1935.
 */
public final class TaskRelevance {
  private static final double WANTED_PER_CLASS = 30;
  private static final double FLAT = 1e-10;

  private final int filters;
  private final double decay;
  private double[] count = {};
  private double[] sums = {};
  private final double[] squares;
  private double examples;
  private double sumOfSquaredWeights;

  /**
   * Empty tables.
   *
   * @param decay least share of the tables that a step keeps, in [0, 1); 1 never forgets
   */
  public TaskRelevance(int filters, double decay) {
    this.filters = filters;
    this.decay = decay;
    squares = new double[filters];
  }

  /**
   * Takes in a minibatch.
   *
   * @param response {@code [example][filter]}, flattened in c order
   */
  public void add(double[] response, StepLabels labels) {
    int classes = labels.classes();
    if (count.length == 0) {
      count = new double[classes];
      sums = new double[classes * filters];
    }
    forget(keep(labels.examples(), classes));
    for (int n = 0; n < labels.examples(); n++) {
      int row = n * filters;
      for (int k = 0; k < filters; k++) {
        squares[k] += response[row + k] * response[row + k];
      }
      for (int c = 0; c < classes; c++) {
        double y = labels.weights()[n * classes + c];
        if (y != 0) {
          count[c] += y;
          int at = c * filters;
          for (int k = 0; k < filters; k++) {
            sums[at + k] += y * response[row + k];
          }
        }
      }
    }
    examples += labels.examples();
    sumOfSquaredWeights += labels.examples();
  }

  /** Share of the tables a step keeps: Neff = B (1+rho)/(1-rho) reaches 30 examples a class. */
  private double keep(int batch, int classes) {
    double ratio = WANTED_PER_CLASS * classes / batch;
    return Math.max(decay, (ratio - 1) / (ratio + 1));
  }

  private void forget(double keep) {
    scale(count, keep);
    scale(sums, keep);
    scale(squares, keep);
    examples *= keep;
    sumOfSquaredWeights *= keep * keep;
  }

  private static void scale(double[] values, double by) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= by;
    }
  }

  /** The tables: examples, squared weights, squares, then counts and sums if there are any yet. */
  double[] state() {
    return Stream.of(new double[] {examples, sumOfSquaredWeights}, squares, count, sums)
        .flatMapToDouble(Arrays::stream)
        .toArray();
  }

  /** Takes on what {@link #state} gave. */
  void restore(double[] state) {
    int classes = (state.length - 2 - filters) / (1 + filters);
    if (classes < 0 || state.length != 2 + filters + classes * (1 + filters)) {
      throw new PruningException(
          PruningException.Code.CHECKPOINT_MISMATCH,
          "the checkpoint's relevance tables have "
              + state.length
              + " numbers, which is none for "
              + filters
              + " filters");
    }
    examples = state[0];
    sumOfSquaredWeights = state[1];
    int at = 2 + filters;
    System.arraycopy(state, 2, squares, 0, filters);
    count = Arrays.copyOfRange(state, at, at + classes);
    sums = Arrays.copyOfRange(state, at + classes, state.length);
  }

  /** R of each filter, in [0, 1]. */
  public double[] get() {
    double[] r = new double[filters];
    int classes = count.length;
    int seen = 0;
    for (double c : count) {
      seen += c > 0 ? 1 : 0;
    }
    double effective = sumOfSquaredWeights == 0 ? 0 : examples * examples / sumOfSquaredWeights;
    if (seen < 2 || effective < 2.0 * classes) {
      Arrays.fill(r, 1);
      return r;
    }
    double b = (classes - 1) / (effective - 1);
    for (int k = 0; k < filters; k++) {
      double total = 0;
      double between = 0;
      for (int c = 0; c < classes; c++) {
        if (count[c] > 0) {
          double s = sums[c * filters + k];
          total += s;
          between += s * s / count[c];
        }
      }
      double mean = total / examples;
      double sst = squares[k] - examples * mean * mean;
      if (sst <= FLAT * squares[k] || sst <= 0) {
        continue;
      }
      double eta2 = (between - examples * mean * mean) / sst;
      r[k] = Math.min(1, Math.max(0, (eta2 - b) / (1 - b)));
    }
    return r;
  }
}
