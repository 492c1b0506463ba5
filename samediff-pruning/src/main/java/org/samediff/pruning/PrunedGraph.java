package org.samediff.pruning;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.latency.Latency;
import org.samediff.pruning.model.CheckpointStore;
import org.samediff.pruning.rewrite.ScoreSite;
import org.samediff.pruning.rewrite.StripPass;
import org.samediff.pruning.training.Phase;
import org.samediff.pruning.training.PruningListener;
import org.samediff.pruning.training.PruningProgress;

/**
 * A graph that prunes itself while it trains: an ordinary SameDiff graph with masks in it, and the
 * listener that moves them. Made by {@link PruningTransform#apply}. Not thread safe.
 */
public final class PrunedGraph {
  private static final double LARGEST_RESIDUAL = 1e-3;

  private final SameDiff graph;
  private final PruningConfig config;
  private final ChannelAnalysis analysis;
  private final List<ScoreSite> sites;
  private final PruningListener listener;
  private final PruningPlan.Source source;
  private final Map<String, INDArray> probeInputs;
  private final Optional<Inference> inference;
  private final RunCheckpoint checkpoint;
  private int interval;
  private @Nullable CheckpointStore checkpoints;
  private volatile @Nullable CheckpointStore stopAt;

  /** What latency is measured on. */
  record Inference(Map<String, INDArray> inputs, List<String> outputs) {}

  PrunedGraph(
      SameDiff graph,
      PruningConfig config,
      ChannelAnalysis analysis,
      List<ScoreSite> sites,
      PruningListener listener,
      PruningPlan.Source source,
      Map<String, INDArray> probeInputs,
      Optional<Inference> inference) {
    this.graph = graph;
    this.config = config;
    this.analysis = analysis;
    this.sites = sites;
    this.listener = listener;
    this.source = source;
    this.probeInputs = probeInputs;
    this.inference = inference;
    checkpoint = new RunCheckpoint(graph, config, listener, source);
    listener.afterStep(this::afterStep);
  }

  /** The graph to train, with the names, placeholders, loss and TrainingConfig of the original. */
  public SameDiff graph() {
    listener.tidy();
    return graph;
  }

  /** The listener to pass to {@code fit}, beside any others; the same one for every fit. */
  public Listener listener() {
    listener.tidy();
    return listener;
  }

  /**
   * Writes a checkpoint of the run at the end of every so many steps: parameters, constants,
   * updater state, masks, scores, schedule, counters and the state of ND4J's random numbers. {@link
   * PruningTransform#resume} goes on from the newest that is whole. A checkpoint that cannot be
   * written ends the fit with an exception; the ones before it stay.
   *
   * @param directory of this run alone; made if it does not exist
   * @param keep how many of the newest stay, at least 1
   * @throws PruningException BAD_OPTION if a number is below 1, the criterion's scorers cannot be
   *     stored, or the directory holds a later checkpoint of another run
   */
  public void checkpointEvery(int steps, Path directory, int keep) {
    if (steps < 1) {
      throw new PruningException(
          Code.BAD_OPTION, "checkpoints are written every 1 step or more, got " + steps);
    }
    CheckpointStore store = new CheckpointStore(directory, keep);
    listener.state();
    try (CheckpointStore.Stored latest = store.latest().orElse(null)) {
      if (latest != null && latest.step() > progress().step()) {
        throw new PruningException(
            Code.BAD_OPTION,
            String.format(
                Locale.ROOT,
                "\"%s\" holds a checkpoint of step %d, and this run is at step %d: resume from it, or"
                    + " name another directory",
                directory,
                latest.step(),
                progress().step()));
      }
    }
    interval = steps;
    checkpoints = store;
  }

  private void afterStep() {
    Optional<CheckpointStore> stop = Optional.ofNullable(stopAt);
    if (checkpoints != null && progress().step() % interval == 0) {
      checkpoint.save(checkpoints, 1);
    }
    if (stop.isPresent()) {
      stopAt = null;
      checkpoint.save(stop.get(), 1);
      throw new PruningException(
          Code.STOPPED,
          "the run was asked to stop, and its checkpoint of step "
              + progress().step()
              + " is written; PruningTransform.resume goes on from it");
    }
  }

  /**
   * Ends the fit that is running: at the end of its current step a checkpoint is written, and
   * {@code fit} throws a {@link PruningException} with code STOPPED. The one method that another
   * thread may call while this graph trains; without a fit, the next one ends at its first step.
   *
   * @param directory as for {@link #checkpointEvery}
   * @param keep how many of the newest checkpoints stay, at least 1
   */
  public void stop(Path directory, int keep) {
    stopAt = new CheckpointStore(directory, keep);
  }

  /**
   * Writes a checkpoint now, between fits.
   *
   * @throws PruningException IO, OUT_OF_MEMORY, NON_FINITE, CONCURRENT_USE
   */
  public void checkpoint(Path directory, int keep) {
    listener.requireIdle();
    checkpoint.save(new CheckpointStore(directory, keep), 0);
  }

  void restore(CheckpointStore.Stored stored) {
    checkpoint.restore(stored);
  }

  /**
   * Moves a fresh iterator to where a resumed run stands: once reset for each epoch that is done,
   * as {@code fit} does, and past the minibatches of the current one.
   *
   * @param epochs length of the whole run in epochs
   * @return the number of epochs to pass to {@code fit}, the current one included; 0 if all are
   *     done
   */
  public int reposition(DataSetIterator iterator, int epochs) {
    return reposition(iterator, iterator::reset, epochs);
  }

  /** {@link #reposition(DataSetIterator, int)} for several inputs or outputs. */
  public int reposition(MultiDataSetIterator iterator, int epochs) {
    return reposition(iterator, iterator::reset, epochs);
  }

  private int reposition(Iterator<?> iterator, Runnable reset, int epochs) {
    return new RunPosition(listener::epochs, listener::stepsInEpoch, listener::endEpoch)
        .move(graph, iterator, reset, epochs);
  }

  /** Where the run stands. */
  public PruningProgress progress() {
    return listener.progress();
  }

  /** Epochs that are done. */
  long epochs() {
    return listener.epochs();
  }

  /** What is cut together, in topological order. */
  public List<ChannelGroup> groups() {
    return analysis.groups();
  }

  /** Convolutions with filters that are never cut, with the reason. */
  public Map<String, String> keptLayers() {
    return analysis.kept();
  }

  /** The channels that are kept as of the last step, {@code [group][channel]}. */
  public boolean[][] kept() {
    return listener.kept();
  }

  /**
   * Score of each channel as of the last scored step, {@code [group][channel]}; low is cut first.
   */
  public double[][] scores() {
    return listener.scores();
  }

  /**
   * A plain copy with redundant units at zero and without masks: the network that {@link #compact}
   * is compared to.
   */
  public SameDiff maskedGraph() {
    listener.requireIdle();
    SameDiff copy = StripPass.from(graph).build();
    copy.getVariables().keySet().forEach(name -> zeroRedundant(copy, name));
    return copy;
  }

  private void zeroRedundant(SameDiff copy, String variable) {
    INDArray array = copy.getVariable(variable).getArr();
    if (array != null && copy.getVariable(variable).getVariableType() == VariableType.VARIABLE) {
      listener.masks().zeroRedundant(variable, array);
    }
  }

  /** {@link #compact(Map)} with generated inputs. */
  public CompactedGraph compact() {
    return compact(probeInputs);
  }

  /**
   * Sets redundant units, which decay has brought below a thousandth, to zero, removes them for
   * good and proves that no output changed.
   *
   * @param inputs arrays for every placeholder the outputs and the loss need
   * @throws PruningException NOT_READY before the partition is frozen and redundant units are below
   *     a thousandth of their size; NOT_EQUAL if the proof fails; CONCURRENT_USE while another
   *     thread trains the graph. This graph can be trained on and compacted again in either case
   */
  public CompactedGraph compact(Map<String, INDArray> inputs) {
    double residual = requireReady();
    listener.masks().scaleRedundant(0);
    boolean[][] kept = listener.kept();
    Compactor.Result result = Compactor.compact(graph, analysis, kept, inputs, source.outputs());
    PruningProgress progress = progress();
    String criterion = config.criterion().name();
    PruningReport report =
        PruningReport.of(
            criterion,
            analysis,
            kept,
            result,
            residual,
            progress.step(),
            progress.flips(),
            inference.map(i -> latency(i, result.graph(), kept)));
    PruningPlan plan = PruningPlan.of(source, criterion, analysis, kept, scores());
    return new CompactedGraph(result.graph(), report, plan, analysis, sites, kept, facts());
  }

  private Latency latency(Inference inference, SameDiff slim, boolean[][] kept) {
    SameDiff dense = StripPass.from(graph).withoutTraining().withoutUpdaterState().build();
    double promised =
        (double) analysis.cost().cost(Measure.LATENCY, kept)
            / analysis.cost().total(Measure.LATENCY);
    Latency latency =
        Latency.compare(dense, slim, inference.inputs(), inference.outputs(), promised);
    GraphCopy.free(dense);
    return latency;
  }

  private Map<String, String> facts() {
    return Map.of(
        "sourceDigest", source.digest(),
        "criterion", config.criterion().toString(),
        "schedule", config.schedule().toString(),
        "target", config.target().toString(),
        "seed", String.valueOf(config.seed()),
        "steps", String.valueOf(progress().step()));
  }

  private double requireReady() {
    listener.requireIdle();
    PruningProgress p = progress();
    if (p.phase() != Phase.FROZEN && p.phase() != Phase.DONE) {
      throw new PruningException(
          Code.NOT_READY,
          String.format(
              Locale.ROOT,
              "compact came at step %d of %s, in phase %s: the masks still move. Train to the end of"
                  + " the run, or plan a shorter one with steps(n) or epochs(n)",
              p.step(),
              p.totalSteps() < 0 ? "a run whose first epoch is not over" : p.totalSteps(),
              p.phase()));
    }
    double residual = listener.largestResidual();
    if (residual >= LARGEST_RESIDUAL) {
      throw new PruningException(
          Code.NOT_READY,
          String.format(
              Locale.ROOT,
              "compact came at step %d of %d: a redundant unit still has %.2g of its norm, more than"
                  + " %.0e. Train to the end of the run",
              p.step(),
              p.totalSteps(),
              residual,
              LARGEST_RESIDUAL));
    }
    GraphVerifier.require(graph);
    return residual;
  }
}
