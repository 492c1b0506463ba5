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
    return new WeightScorer(
        site.layer(),
        site.weights(),
        site.filters(),
        options.decay(),
        w -> distances(rows(w, site), site.filters()));
  }

  /** A filter in each row. */
  private static INDArray rows(INDArray weights, ScoreSite site) {
    int f = site.filterAxis();
    int[] order =
        IntStream.concat(IntStream.of(f), IntStream.range(0, weights.rank()).filter(d -> d != f))
            .toArray();
    return weights.permute(order).dup('c').reshape('c', site.filters(), -1);
  }

  private static double[] distances(INDArray filters, int k) {
    double[] gram = filters.mmul(filters.transpose()).dup('c').data().asDouble();
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
