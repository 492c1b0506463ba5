package org.samediff.pruning.importance;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
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
      private String effect = "";

      @Override
      public List<String> addBackward(SameDiff gradientFunction) {
        effect = LossEffect.add(gradientFunction, site);
        return List.of(effect);
      }

      @Override
      public void step(Map<String, double[]> values, @Nullable StepLabels labels) {
        double[] t = values.get(effect);
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
