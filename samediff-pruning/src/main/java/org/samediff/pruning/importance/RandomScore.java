package org.samediff.pruning.importance;

import java.util.Map;
import java.util.Random;
import org.samediff.pruning.rewrite.ScoreSite;

/** Uniform numbers, drawn once per filter from the run's seed and the convolution's name. */
record RandomScore() implements Criterion {
  @Override
  public String name() {
    return "random";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    Random random = new Random(options.seed() * 31 + site.layer().hashCode());
    double[] score = random.doubles(site.filters()).toArray();
    MovingAverage.byMean(score);
    return new SiteScorer() {
      @Override
      public void step(Observation seen) {}

      @Override
      public Map<String, double[]> state() {
        return Map.of();
      }

      @Override
      public void restore(Map<String, double[]> state) {}

      @Override
      public double[] score() {
        return score.clone();
      }
    };
  }
}
