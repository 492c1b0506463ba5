package org.samediff.pruning.importance;

import java.util.ArrayList;
import java.util.List;
import org.samediff.pruning.rewrite.ScoreSite;

/** The formulas of docs/method.md in plain loops, for tests: slow, literal, no ND4J. */
final class References {
  private References() {}

  /** Weighted mean of steps, the i-th of T with {@code decay^(T-1-i)}: no start-up bias. */
  static double[] movingAverage(List<double[]> steps, double decay) {
    double[] mean = new double[steps.get(0).length];
    double total = 0;
    for (int i = 0; i < steps.size(); i++) {
      double weight = Math.pow(decay, steps.size() - 1 - i);
      total += weight;
      for (int k = 0; k < mean.length; k++) {
        mean[k] += weight * steps.get(i)[k];
      }
    }
    for (int k = 0; k < mean.length; k++) {
      mean[k] /= total;
    }
    return mean;
  }

  static double[] byMean(double[] values) {
    double mean = 0;
    for (double v : values) {
      mean += v / values.length;
    }
    double[] result = new double[values.length];
    for (int k = 0; k < values.length; k++) {
      result[k] = mean == 0 ? 0 : values[k] / mean;
    }
    return result;
  }

  /** t[n][k] = sum over space of A * dL/dA. */
  static double[][] effect(double[][][] map, double[][][] gradient) {
    double[][] t = new double[map.length][map[0].length];
    for (int n = 0; n < map.length; n++) {
      for (int k = 0; k < map[n].length; k++) {
        for (int p = 0; p < map[n][k].length; p++) {
          t[n][k] += map[n][k][p] * gradient[n][k][p];
        }
      }
    }
    return t;
  }

  /** p[n][k] = mean over space of A. */
  static double[][] response(double[][][] map) {
    double[][] p = new double[map.length][map[0].length];
    for (int n = 0; n < map.length; n++) {
      for (int k = 0; k < map[n].length; k++) {
        for (double a : map[n][k]) {
          p[n][k] += a / map[n][k].length;
        }
      }
    }
    return p;
  }

  /** One minibatch of responses {@code [n][k]} and one-hot or soft labels {@code [n][c]}. */
  record Responses(double[][] p, double[][] y) {}

  static double[][] rows(StepLabels labels) {
    double[][] y = new double[labels.examples()][labels.classes()];
    for (int n = 0; n < y.length; n++) {
      for (int c = 0; c < y[n].length; c++) {
        y[n][c] = labels.weights()[n * labels.classes() + c];
      }
    }
    return y;
  }

  /** rho with B (1+rho)/(1-rho) = 30 C, or the given decay if that keeps more. */
  static double rho(int batch, int classes, double decay) {
    double neededRatio = 30.0 * classes / batch;
    return Math.max(decay, (neededRatio - 1) / (neededRatio + 1));
  }

  /**
   * R of each filter over all examples of all steps at once, an example of step i weighing the
   * product of what the later steps keep; eta squared from the class means.
   */
  static double[] relevance(List<Responses> steps, double decay) {
    int filters = steps.get(0).p()[0].length;
    int classes = steps.get(0).y()[0].length;
    List<double[]> p = new ArrayList<>();
    List<double[]> y = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      double weight = 1;
      for (int later = i + 1; later < steps.size(); later++) {
        weight *= rho(steps.get(later).p().length, classes, decay);
      }
      for (int n = 0; n < steps.get(i).p().length; n++) {
        p.add(steps.get(i).p()[n]);
        y.add(steps.get(i).y()[n]);
        weights.add(weight);
      }
    }
    double sum = 0;
    double sumOfSquares = 0;
    double[] count = new double[classes];
    for (int n = 0; n < p.size(); n++) {
      sum += weights.get(n);
      sumOfSquares += weights.get(n) * weights.get(n);
      for (int c = 0; c < classes; c++) {
        count[c] += weights.get(n) * y.get(n)[c];
      }
    }
    double effective = sum * sum / sumOfSquares;
    double b = (classes - 1) / (effective - 1);
    double[] r = new double[filters];
    for (int k = 0; k < filters; k++) {
      double mu = 0;
      for (int n = 0; n < p.size(); n++) {
        mu += weights.get(n) * p.get(n)[k] / sum;
      }
      double sst = 0;
      double[] classSum = new double[classes];
      for (int n = 0; n < p.size(); n++) {
        double d = p.get(n)[k] - mu;
        sst += weights.get(n) * d * d;
        for (int c = 0; c < classes; c++) {
          classSum[c] += weights.get(n) * y.get(n)[c] * p.get(n)[k];
        }
      }
      double ssb = 0;
      for (int c = 0; c < classes; c++) {
        if (count[c] > 0) {
          double d = classSum[c] / count[c] - mu;
          ssb += count[c] * d * d;
        }
      }
      r[k] = sst == 0 ? 0 : Math.min(1, Math.max(0, (ssb / sst - b) / (1 - b)));
    }
    return r;
  }

  /** The weights of filter k, from a variable in c order whose filters lie along the given axis. */
  static double[][] filters(double[] weights, ScoreSite site) {
    int k = site.filters();
    int each = weights.length / k;
    double[][] filters = new double[k][each];
    for (int i = 0; i < weights.length; i++) {
      if (site.filterAxis() == site.space().size() + 1) {
        filters[i % k][i / k] = weights[i];
      } else {
        filters[i / each][i % each] = weights[i];
      }
    }
    return filters;
  }
}
