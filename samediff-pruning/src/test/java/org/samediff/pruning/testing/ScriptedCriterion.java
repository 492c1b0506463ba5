package org.samediff.pruning.testing;

import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.importance.Observation;
import org.samediff.pruning.importance.ScoringOptions;
import org.samediff.pruning.importance.SiteScorer;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * Scores that a test says in advance: a function of the step and the filter, at every layer alike.
 */
public record ScriptedCriterion(Script script) implements Criterion {
  /** The score after {@code step} steps, from 1. */
  public interface Script {
    double score(int step, int filter, ScoreSite site);
  }

  @Override
  public String name() {
    return "scripted";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    return new SiteScorer() {
      private int step;

      @Override
      public void step(Observation seen) {
        step++;
      }

      @Override
      public double[] score() {
        double[] scores = new double[site.filters()];
        for (int k = 0; k < scores.length; k++) {
          scores[k] = script.score(step, k, site);
        }
        return scores;
      }
    };
  }
}
