package org.samediff.pruning.importance;

import java.util.Map;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * {@code S = L * R^tau}: the moving average L of the mean |effect on the loss| over examples, times
 * the task relevance R, each divided by its mean over the layer. docs/method.md derives it.
 */
record TwoFactor(double tau) implements Criterion {
  TwoFactor {
    if (!(tau >= 0 && tau <= 1)) {
      throw new PruningException(
          PruningException.Code.BAD_OPTION, "twoFactor: tau must be in [0, 1], got " + tau);
    }
  }

  @Override
  public String name() {
    return "two-factor";
  }

  @Override
  public boolean needsLabels() {
    return tau > 0;
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    return new Scorer(site, options, tau);
  }

  private static final class Scorer implements SiteScorer {
    private final double tau;
    private final MovingAverage effect;
    private final TaskRelevance relevance;

    Scorer(ScoreSite site, ScoringOptions options, double tau) {
      this.tau = tau;
      effect = new MovingAverage(site.filters(), options.decay());
      relevance = new TaskRelevance(site.filters(), options.decay());
    }

    @Override
    public boolean readsMap() {
      return true;
    }

    @Override
    public void step(Observation seen) {
      MapSums map = seen.map();
      effect.add(meanMagnitude(map.effect(), map.filters()));
      if (tau > 0) {
        relevance.add(map.response(), seen.labels());
      }
    }

    @Override
    public Map<String, double[]> state() {
      return Map.of("effect", effect.state(), "relevance", relevance.state());
    }

    @Override
    public void restore(Map<String, double[]> state) {
      effect.restore(state.get("effect"));
      relevance.restore(state.get("relevance"));
    }

    @Override
    public double[] score() {
      double[] score = MovingAverage.byMean(effect.get());
      if (tau > 0) {
        double[] r = MovingAverage.byMean(relevance.get());
        for (int k = 0; k < score.length; k++) {
          score[k] *= tau == 0.5 ? Math.sqrt(r[k]) : Math.pow(r[k], tau);
        }
      }
      return MovingAverage.byMean(score);
    }
  }

  /** Mean over examples of |t[n,k]|. */
  static double[] meanMagnitude(double[] t, int filters) {
    double[] mean = new double[filters];
    for (int i = 0; i < t.length; i += filters) {
      for (int k = 0; k < filters; k++) {
        mean[k] += Math.abs(t[i + k]);
      }
    }
    int examples = t.length / filters;
    for (int k = 0; k < filters; k++) {
      mean[k] /= examples;
    }
    return mean;
  }
}
