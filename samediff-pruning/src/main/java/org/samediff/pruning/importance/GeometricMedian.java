package org.samediff.pruning.importance;

import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * Sum of a filter's Euclidean distances to the layer's other filters: the lower, the better the
 * others stand in for it. From the Gram matrix, {@code K x K}; {@code |a-b|^2 = aa + bb - 2ab}.
 */
record GeometricMedian() implements Criterion {
  @Override
  public String name() {
    return "fpgm";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    return AverageScorer.ofParameter(
        site, options, site.weights(), w -> distances(columns(w, site.filterAxis())));
  }

  /** A filter in each column: a view where the filters lie along the last axis. */
  private static INDArray columns(INDArray weights, int axis) {
    int[] order =
        IntStream.concat(
                IntStream.range(0, weights.rank()).filter(d -> d != axis), IntStream.of(axis))
            .toArray();
    return weights.permute(order).reshape('c', -1, weights.size(axis));
  }

  private static double[] distances(INDArray filters) {
    int k = (int) filters.size(1);
    double[] gram = filters.transpose().mmul(filters).dup('c').data().asDouble();
    double[] distances = new double[k];
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        double squared = gram[i * k + i] + gram[j * k + j] - 2 * gram[i * k + j];
        distances[i] += Math.sqrt(Math.max(0, squared));
      }
    }
    return distances;
  }
}
