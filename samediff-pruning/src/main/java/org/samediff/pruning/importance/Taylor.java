package org.samediff.pruning.importance;

import java.util.Map;
import org.samediff.pruning.rewrite.ScoreSite;

/** Moving average of {@code |sum over the batch of map * gradient|}. */
record Taylor() implements Criterion {
  @Override
  public String name() {
    return "taylor";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    MovingAverage average = new MovingAverage(site.filters(), options.decay());
    return new SiteScorer() {
      @Override
      public boolean readsMap() {
        return true;
      }

      @Override
      public void step(Observation seen) {
        double[] t = seen.map().effect();
        double[] sum = new double[site.filters()];
        for (int i = 0; i < t.length; i++) {
          sum[i % sum.length] += t[i];
        }
        for (int k = 0; k < sum.length; k++) {
          sum[k] = Math.abs(sum[k]);
        }
        average.add(sum);
      }

      @Override
      public Map<String, double[]> state() {
        return Map.of("average", average.state());
      }

      @Override
      public void restore(Map<String, double[]> state) {
        average.restore(state.get("average"));
      }

      @Override
      public double[] score() {
        return MovingAverage.byMean(average.get());
      }
    };
  }
}
