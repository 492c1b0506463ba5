package org.samediff.pruning;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.TrainingState;
import org.samediff.pruning.model.CheckpointStore;

/**
 * What training changes of a graph: parameters, constants, updater state, counters and the state of
 * ND4J's random numbers.
 */
record GraphState(SameDiff graph) {
  private static final String STORED = "stored/";
  private static final String UPDATER = "updater/";
  private static final String[] COUNTERS = {"iteration", "epoch", "randomRoot", "randomNode"};

  /**
   * The counters, as texts for a checkpoint.
   *
   * @param uncounted training steps that SameDiff has not counted yet: 1 within a step
   */
  Map<String, String> facts(int uncounted) {
    TrainingConfig training = graph.getTrainingConfig();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(COUNTERS[0], String.valueOf(training.getIterationCount() + uncounted));
    facts.put(COUNTERS[1], String.valueOf(training.getEpochCount()));
    facts.put(COUNTERS[2], String.valueOf(Nd4j.getRandom().rootState()));
    facts.put(COUNTERS[3], String.valueOf(Nd4j.getRandom().nodeState()));
    return facts;
  }

  /** The graph's own arrays: parameters, constants (masks among them), updater state. */
  Map<String, INDArray> arrays() {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    for (GraphView.Var v : GraphView.of(graph).variables()) {
      if (v.stored()) {
        arrays.put(STORED + v.name(), v.array());
      }
    }
    TrainingState.arrays(graph).forEach((name, array) -> arrays.put(UPDATER + name, array));
    return arrays;
  }

  /**
   * Refuses to make a checkpoint of a graph that is broken.
   *
   * @throws PruningException NON_FINITE
   */
  void requireFinite(long step) {
    Optional<String> broken = GraphVerifier.nonFinite(graph);
    if (broken.isPresent()) {
      throw new PruningException(
          Code.NON_FINITE,
          "variable \""
              + broken.get()
              + "\" holds NaN or infinity at step "
              + step
              + ", and no checkpoint is made of it. Lower the learning rate and resume from the last"
              + " one");
    }
  }

  /**
   * Takes on what a checkpoint holds; nothing is changed unless it fits.
   *
   * @param before what else is to be taken on, once the arrays are known to fit
   * @throws PruningException CHECKPOINT_MISMATCH, BAD_FILE
   */
  void restore(CheckpointStore.Stored stored, Runnable before) {
    long[] counters = new long[COUNTERS.length];
    for (int i = 0; i < COUNTERS.length; i++) {
      try {
        counters[i] = Long.parseLong(stored.fact(COUNTERS[i]));
      } catch (NumberFormatException e) {
        throw new PruningException(
            Code.BAD_FILE, "the checkpoint's " + COUNTERS[i] + " is no number", e);
      }
    }
    TrainingState.initialize(graph);
    Map<String, INDArray> targets = arrays();
    stored.requireFits(targets);
    before.run();
    stored.readInto(targets);
    graph.getTrainingConfig().setIterationCount(Math.toIntExact(counters[0]));
    graph.getTrainingConfig().setEpochCount(Math.toIntExact(counters[1]));
    Nd4j.getRandom().setStates(counters[2], counters[3]);
  }

  /** Refuses a checkpoint of something else. */
  static void requireSame(String what, String stored, String here) {
    if (!stored.equals(here)) {
      throw new PruningException(
          Code.CHECKPOINT_MISMATCH,
          "the checkpoint was made with another "
              + what
              + ": "
              + stored
              + ", and here it is "
              + here
              + ". Resume with the script that began the run, or start a new one");
    }
  }
}
