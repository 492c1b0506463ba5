package org.samediff.pruning.importance;

import java.util.stream.IntStream;
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
    int[] others =
        IntStream.rangeClosed(0, site.space().size() + 1)
            .filter(d -> d != site.filterAxis())
            .toArray();
    return new WeightScorer(
        site.layer(),
        site.weights(),
        site.filters(),
        options.decay(),
        w -> (order == Order.L1 ? w.norm1(others) : w.norm2(others)).data().asDouble());
  }
}
