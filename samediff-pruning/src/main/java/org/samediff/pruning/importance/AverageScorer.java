package org.samediff.pruning.importance;

import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.rewrite.ScoreSite;

/** Moving average of one number per filter that each step gives by itself. */
final class AverageScorer implements SiteScorer {
  private final String layer;
  private final boolean readsMap;
  private final Function<Observation, double[]> measure;
  private final MovingAverage average;

  private AverageScorer(
      ScoreSite site,
      ScoringOptions options,
      boolean readsMap,
      Function<Observation, double[]> measure) {
    layer = site.layer();
    this.readsMap = readsMap;
    this.measure = measure;
    average = new MovingAverage(site.filters(), options.decay());
  }

  /** Measures a trainable variable. */
  static SiteScorer ofParameter(
      ScoreSite site,
      ScoringOptions options,
      String parameter,
      Function<INDArray, double[]> measure) {
    return new AverageScorer(
        site, options, false, seen -> measure.apply(seen.parameters().apply(parameter)));
  }

  /** Measures the sums over the layer's map. */
  static SiteScorer ofMap(
      ScoreSite site, ScoringOptions options, Function<MapSums, double[]> measure) {
    return new AverageScorer(site, options, true, seen -> measure.apply(seen.map()));
  }

  @Override
  public boolean readsMap() {
    return readsMap;
  }

  @Override
  public void step(Observation seen) {
    double[] values = measure.apply(seen);
    if (!MapSums.finite(values)) {
      throw PruningException.nonFinite("layer", layer, "its scores", seen.iteration());
    }
    average.add(values);
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
}
