package org.samediff.pruning;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.model.CheckpointStore;
import org.samediff.pruning.training.PruningListener;

/** What a checkpoint of a pruning run holds, and how a run takes it on. */
record RunCheckpoint(
    SameDiff graph, PruningConfig config, PruningListener listener, PruningPlan.Source source) {

  /**
   * Writes a checkpoint.
   *
   * @param uncounted training steps that SameDiff has not counted yet: 1 within a step
   */
  void save(CheckpointStore store, int uncounted) {
    GraphState state = new GraphState(graph);
    long step = listener.progress().step();
    state.requireFinite(step);
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("source", source.digest());
    facts.put("config", settings());
    facts.putAll(state.facts(uncounted));
    store.save(step, facts, state.arrays(), listener.state());
  }

  /**
   * Takes a checkpoint on; nothing is changed unless it fits.
   *
   * @throws PruningException CHECKPOINT_MISMATCH
   */
  void restore(CheckpointStore.Stored stored) {
    GraphState.requireSame("graph", stored.fact("source"), source.digest());
    GraphState.requireSame("transform", stored.fact("config"), settings());
    new GraphState(graph).restore(stored, () -> listener.restore(stored.numbers()));
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
