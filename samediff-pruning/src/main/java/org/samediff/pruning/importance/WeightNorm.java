package org.samediff.pruning.importance;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.rewrite.ScoreSite;

/** Norm of a filter's weights over everything but the filter axis. */
record WeightNorm(Order order) implements Criterion {
  enum Order {
    L1,
    L2
  }

  @Override
  public String name() {
    return order == Order.L1 ? "l1" : "l2";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    int axis = site.filterAxis();
    return AverageScorer.ofParameter(
        site, options, site.weights(), w -> order == Order.L1 ? l1(w, axis) : l2(w, axis));
  }

  private static double[] l1(INDArray weights, int axis) {
    int[] others = IntStream.range(0, weights.rank()).filter(d -> d != axis).toArray();
    return weights.norm1(others).data().asDouble();
  }

  private static double[] l2(INDArray weights, int axis) {
    return Arrays.stream(UnitNorms.squaresAlong(weights, axis)).map(Math::sqrt).toArray();
  }
}
