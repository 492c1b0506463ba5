package org.samediff.pruning.importance;

import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.rewrite.ReservedNames;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * Sum of a filter's Euclidean distances to the layer's other filters: the lower, the better the
 * others stand in for it. The graph yields the Gram matrix, {@code K x K}; {@code |a-b|^2 = aa + bb
 * - 2ab}.
 */
record GeometricMedian() implements Criterion {
  @Override
  public String name() {
    return "fpgm";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    String name = ReservedNames.score(site.layer(), "gram");
    int k = site.filters();
    return new WeightNorm.VectorScorer(name, k, options.decay()) {
      @Override
      void add(SameDiff graph, String as) {
        SDVariable w = graph.getVariable(site.weights());
        int rank = site.space().size() + 2;
        boolean last = site.filterAxis() == rank - 1;
        if (!last && site.filterAxis() != 0) {
          w = filtersFirst(graph, w, rank);
        }
        SDVariable flat = last ? w.reshape(-1, k) : w.reshape(k, -1);
        graph.updateVariableNameAndReference(flat, ReservedNames.score(site.layer(), "flat"));
        graph.mmul(as, flat, flat, last, !last, false);
      }

      /** A transposed convolution has its filters in the middle. */
      private SDVariable filtersFirst(SameDiff graph, SDVariable w, int rank) {
        int f = site.filterAxis();
        int[] order =
            IntStream.concat(IntStream.of(f), IntStream.range(0, rank).filter(d -> d != f))
                .toArray();
        return graph.updateVariableNameAndReference(
            w.permute(order), ReservedNames.score(site.layer(), "filters"));
      }

      @Override
      double[] perFilter(double[] gram) {
        double[] distances = new double[k];
        for (int i = 0; i < k; i++) {
          for (int j = 0; j < k; j++) {
            double squared = gram[i * k + i] + gram[j * k + j] - 2 * gram[i * k + j];
            distances[i] += Math.sqrt(Math.max(0, squared));
          }
        }
        return distances;
      }
    };
  }
}
