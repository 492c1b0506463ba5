package org.samediff.pruning;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.ListenerResponse;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.listeners.records.LossCurve;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.model.CheckpointStore;

/**
 * Checkpoints of ordinary training, e.g. of the dense network before it is pruned: a listener for
 * {@code fit}. A run that goes on from one ends as it would have ended without the break, to the
 * last bit. Files are those of {@link PrunedGraph#checkpointEvery}: whole or not there, without
 * limit in size.
 *
 * <pre>{@code
 * TrainingCheckpoints checkpoints = new TrainingCheckpoints(sd, Path.of("dense"), 100, 2);
 * checkpoints.resume(); // if there is one
 * sd.fit(iterator, checkpoints.reposition(iterator, epochs), checkpoints);
 * }</pre>
 *
 * <p>Not thread safe, but for {@link #stop}.
 */
public final class TrainingCheckpoints extends BaseListener {
  private static final String STEPS = "steps";

  private final SameDiff graph;
  private final int interval;
  private final CheckpointStore store;
  private long step;
  private long epochs;
  private long epochStartStep;
  private volatile boolean stops;

  /**
   * Checkpoints of one graph, which has a TrainingConfig.
   *
   * @param directory of this run alone; made with the first checkpoint
   * @param every steps between two; 0 for none but at {@link #stop}
   * @param keep how many of the newest stay, at least 1
   * @throws PruningException BAD_OPTION; NO_TRAINING_CONFIG
   */
  public TrainingCheckpoints(SameDiff graph, Path directory, int every, int keep) {
    if (every < 0) {
      throw new PruningException(
          Code.BAD_OPTION, "checkpoints are written every 0 steps or more, got " + every);
    }
    if (graph.getTrainingConfig() == null) {
      throw new PruningException(
          Code.NO_TRAINING_CONFIG,
          "the graph has no TrainingConfig; call sd.setTrainingConfig(...) first, as for sd.fit");
    }
    this.graph = graph;
    interval = every;
    store = new CheckpointStore(directory, keep);
  }

  /**
   * Takes on the newest whole checkpoint, if there is one.
   *
   * @return whether there was
   * @throws PruningException CHECKPOINT_MISMATCH if it is of another graph
   */
  public boolean resume() {
    try (CheckpointStore.Stored stored = store.latest().orElse(null)) {
      if (stored == null) {
        return false;
      }
      double[] steps =
          Optional.ofNullable(stored.numbers().get(STEPS))
              .filter(numbers -> numbers.length == 3)
              .orElseThrow(
                  () ->
                      new PruningException(
                          Code.CHECKPOINT_MISMATCH,
                          "the newest checkpoint is of a pruning run, not of ordinary training;"
                              + " name the directory of this training"));
      new GraphState(graph)
          .restore(
              stored,
              () -> {
                step = (long) steps[0];
                epochStartStep = (long) steps[1];
                epochs = (long) steps[2];
              });
      return true;
    }
  }

  /**
   * Moves a fresh iterator to where the run stands; see {@link PrunedGraph#reposition}.
   *
   * @param length of the whole run in epochs
   * @return the number of epochs to pass to {@code fit}; 0 if all are done
   */
  public int reposition(DataSetIterator iterator, int length) {
    return position().move(graph, iterator, iterator::reset, length);
  }

  /** {@link #reposition(DataSetIterator, int)} for several inputs or outputs. */
  public int reposition(MultiDataSetIterator iterator, int length) {
    return position().move(graph, iterator, iterator::reset, length);
  }

  private RunPosition position() {
    return new RunPosition(() -> epochs, () -> step - epochStartStep, this::endEpoch);
  }

  /**
   * Ends the fit that is running, or the next: at the end of its step a checkpoint is written, and
   * {@code fit} throws a {@link PruningException} with code STOPPED. Any thread may call it.
   */
  public void stop() {
    stops = true;
  }

  /** Training steps that are done, over all fits. */
  public long step() {
    return step;
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  @Override
  public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
    step++;
    boolean stopping = stops;
    if (stopping || (interval > 0 && step % interval == 0)) {
      save();
    }
    if (stopping) {
      stops = false;
      throw new PruningException(
          Code.STOPPED,
          "the training was asked to stop, and its checkpoint of step " + step + " is written");
    }
  }

  private void save() {
    GraphState state = new GraphState(graph);
    state.requireFinite(step);
    double[] steps = {step, epochStartStep, epochs};
    store.save(step, state.facts(1), state.arrays(), Map.of(STEPS, steps));
  }

  @Override
  public ListenerResponse epochEnd(SameDiff sd, At at, LossCurve curve, long milliseconds) {
    endEpoch();
    return ListenerResponse.CONTINUE;
  }

  private void endEpoch() {
    epochs++;
    epochStartStep = step;
  }
}
