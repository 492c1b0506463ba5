package org.samediff.pruning.zoo.demo;

import java.util.Arrays;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * Time of one inference of two networks, in milliseconds: the medians of interleaved runs, so that
 * a change in the machine's load meets both.
 */
record Latency(double before, double after) {
  private static final int WARM_UP = 10;

  static Latency measure(SameDiff before, SameDiff after, INDArray images, int rounds) {
    double[] first = new double[rounds];
    double[] second = new double[rounds];
    for (int i = -WARM_UP; i < rounds; i++) {
      double a = milliseconds(before, images);
      double b = milliseconds(after, images);
      if (i >= 0) {
        first[i] = a;
        second[i] = b;
      }
    }
    return new Latency(median(first), median(second));
  }

  private static double milliseconds(SameDiff sd, INDArray images) {
    long start = System.nanoTime();
    sd.output(Map.of(DemoNetwork.INPUT, images), DemoNetwork.LOGITS);
    return (System.nanoTime() - start) / 1e6;
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }
}
