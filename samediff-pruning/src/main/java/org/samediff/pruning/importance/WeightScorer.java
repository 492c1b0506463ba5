package org.samediff.pruning.importance;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.error.PruningException;

/** Moving average of one number per filter that a parameter alone gives. */
final class WeightScorer implements SiteScorer {
  /** One number for each filter. */
  interface Measure {
    double[] of(INDArray parameter);
  }

  private final String layer;
  private final String parameter;
  private final Measure measure;
  private final MovingAverage average;

  WeightScorer(String layer, String parameter, int filters, double decay, Measure measure) {
    this.layer = layer;
    this.parameter = parameter;
    this.measure = measure;
    average = new MovingAverage(filters, decay);
  }

  @Override
  public void step(Observation seen) {
    double[] values = measure.of(seen.parameters().apply(parameter));
    for (double v : values) {
      if (!Double.isFinite(v)) {
        throw PruningException.nonFinite("layer", layer, "its scores", seen.iteration());
      }
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
