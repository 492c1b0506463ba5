package org.samediff.pruning.importance;

import org.samediff.pruning.rewrite.ScoreSite;

/** Moving average of {@code |sum over the batch of map * gradient|}. */
record Taylor() implements Criterion {
  @Override
  public String name() {
    return "taylor";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    return AverageScorer.ofMap(site, options, Taylor::magnitudeOfSum);
  }

  private static double[] magnitudeOfSum(MapSums map) {
    double[] t = map.effect();
    double[] sum = new double[map.filters()];
    for (int i = 0; i < t.length; i++) {
      sum[i % sum.length] += t[i];
    }
    for (int k = 0; k < sum.length; k++) {
      sum[k] = Math.abs(sum[k]);
    }
    return sum;
  }
}
