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
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.model.CheckpointStore;
import org.samediff.pruning.training.PruningListener;

/** What a checkpoint of a run holds, and how a run takes it on. */
record RunCheckpoint(
    SameDiff graph, PruningConfig config, PruningListener listener, PruningPlan.Source source) {
  private static final String STORED = "stored/";
  private static final String UPDATER = "updater/";

  /**
   * Writes a checkpoint.
   *
   * @param uncounted training steps that SameDiff has not counted yet: 1 within a step
   */
  void save(CheckpointStore store, int uncounted) {
    requireFinite();
    TrainingConfig training = graph.getTrainingConfig();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("source", source.digest());
    facts.put("config", settings());
    facts.put("iteration", String.valueOf(training.getIterationCount() + uncounted));
    facts.put("epoch", String.valueOf(training.getEpochCount()));
    facts.put("randomRoot", String.valueOf(Nd4j.getRandom().rootState()));
    facts.put("randomNode", String.valueOf(Nd4j.getRandom().nodeState()));
    store.save(listener.progress().step(), facts, arrays(), listener.state());
  }

  /**
   * Takes a checkpoint on; nothing is changed unless it fits.
   *
   * @throws PruningException CHECKPOINT_MISMATCH
   */
  void restore(CheckpointStore.Stored stored) {
    requireSame("graph", stored.fact("source"), source.digest());
    requireSame("transform", stored.fact("config"), settings());
    long[] numbers = new long[4];
    String[] names = {"iteration", "epoch", "randomRoot", "randomNode"};
    for (int i = 0; i < names.length; i++) {
      try {
        numbers[i] = Long.parseLong(stored.fact(names[i]));
      } catch (NumberFormatException e) {
        throw new PruningException(
            Code.BAD_FILE, "the checkpoint's " + names[i] + " is no number", e);
      }
    }
    TrainingState.initialize(graph);
    Map<String, INDArray> targets = arrays();
    stored.requireFits(targets);
    listener.restore(stored.numbers());
    stored.readInto(targets);
    graph.getTrainingConfig().setIterationCount(Math.toIntExact(numbers[0]));
    graph.getTrainingConfig().setEpochCount(Math.toIntExact(numbers[1]));
    Nd4j.getRandom().setStates(numbers[2], numbers[3]);
  }

  private static void requireSame(String what, String stored, String here) {
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

  /** The graph's own arrays: parameters, constants (masks among them), updater state. */
  private Map<String, INDArray> arrays() {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    for (GraphView.Var v : GraphView.of(graph).variables()) {
      if (v.stored()) {
        arrays.put(STORED + v.name(), v.array());
      }
    }
    TrainingState.arrays(graph).forEach((name, array) -> arrays.put(UPDATER + name, array));
    return arrays;
  }

  private void requireFinite() {
    Optional<String> broken = GraphVerifier.nonFinite(graph);
    if (broken.isPresent()) {
      throw new PruningException(
          Code.NON_FINITE,
          "variable \""
              + broken.get()
              + "\" holds NaN or infinity at step "
              + listener.progress().step()
              + ", and no checkpoint is made of it. Lower the learning rate and resume from the last"
              + " one");
    }
  }

  /** What the run is set to; of a criterion of the user's own, the name is all that is sure. */
  private String settings() {
    Criterion criterion = config.criterion();
    boolean ours = criterion.getClass().getPackage().equals(Criterion.class.getPackage());
    return config
        .toString()
        .replace(criterion.toString(), ours ? criterion.toString() : criterion.name());
  }
}
