package org.samediff.pruning.importance;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.rewrite.ReservedNames;
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
    private final ScoreSite site;
    private final double tau;
    private final MovingAverage effect;
    private final TaskRelevance relevance;
    private final String response;
    private String effectName = "";

    Scorer(ScoreSite site, ScoringOptions options, double tau) {
      this.site = site;
      this.tau = tau;
      effect = new MovingAverage(site.filters(), options.decay());
      relevance = new TaskRelevance(site.filters(), options.decay());
      response = ReservedNames.score(site.layer(), "response");
    }

    @Override
    public List<String> addForward(SameDiff graph) {
      if (tau == 0) {
        return List.of();
      }
      SpatialMean.add(graph, response, site);
      return List.of(response);
    }

    @Override
    public List<String> addBackward(SameDiff gradientFunction) {
      effectName = LossEffect.add(gradientFunction, site);
      return List.of(effectName);
    }

    @Override
    public void step(Map<String, double[]> values, @Nullable StepLabels labels) {
      effect.add(meanMagnitude(values.get(effectName), site.filters()));
      if (tau > 0) {
        relevance.add(values.get(response), labels);
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
