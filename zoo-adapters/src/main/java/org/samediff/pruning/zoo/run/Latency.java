package org.samediff.pruning.zoo.run;

import java.time.Duration;
import java.util.Arrays;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Time of one inference of two networks, in milliseconds: the medians of interleaved runs, so that
 * a change in the machine's load meets both.
 */
record Latency(double before, double after) {
  private static final int WARM_UP = 10;

  /** Large networks are measured in fewer rounds, at least these. */
  private static final int LEAST_ROUNDS = 5;

  private static final Duration BUDGET = Duration.ofSeconds(30);

  static Latency measure(Classifier names, SameDiff after, INDArray images, int rounds) {
    long end = System.nanoTime() + BUDGET.toNanos();
    double[] first = new double[rounds];
    double[] second = new double[rounds];
    int done = 0;
    for (int i = 0; done < rounds && (done < LEAST_ROUNDS || System.nanoTime() < end); i++) {
      double a = milliseconds(names, names.graph(), images);
      double b = milliseconds(names, after, images);
      if (i >= WARM_UP || System.nanoTime() > end) {
        first[done] = a;
        second[done++] = b;
      }
    }
    return new Latency(median(first, done), median(second, done));
  }

  private static double milliseconds(Classifier names, SameDiff sd, INDArray images) {
    long start = System.nanoTime();
    names.infer(sd, images);
    return (System.nanoTime() - start) / 1e6;
  }

  private static double median(double[] values, int count) {
    Arrays.sort(values, 0, count);
    return values[count / 2];
  }
}
