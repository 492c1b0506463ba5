package org.samediff.pruning.graph;

import java.util.Map;
import java.util.TreeMap;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;

/** The updater state of a graph: momentum and whatever else a user's updater keeps. */
public final class TrainingState {
  private TrainingState() {}

  /** Gives a graph with a TrainingConfig its updaters, as the first fit would; else nothing. */
  public static void initialize(SameDiff sd) {
    Engine.initializeTraining(sd);
  }

  /**
   * The graph's own state arrays, sorted, under {@code <parameter>/<key>}; none before training is
   * initialised.
   */
  public static Map<String, INDArray> arrays(SameDiff sd) {
    Map<String, INDArray> arrays = new TreeMap<>();
    Map<String, GradientUpdater> updaters = sd.getUpdaterMap();
    if (updaters != null) {
      for (Map.Entry<String, GradientUpdater> e : updaters.entrySet()) {
        Map<String, INDArray> state = state(e.getValue());
        state.forEach((key, array) -> arrays.put(e.getKey() + "/" + key, array));
      }
    }
    return arrays;
  }

  private static Map<String, INDArray> state(GradientUpdater<?> updater) {
    Map<String, INDArray> state = updater.getState();
    return state == null ? Map.of() : state;
  }
}
