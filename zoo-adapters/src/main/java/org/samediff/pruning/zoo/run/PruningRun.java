package org.samediff.pruning.zoo.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningReport;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.training.PruningProgress;
import org.samediff.pruning.training.PruningTarget;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;

/** One dense network taken through pruning while training and compaction. */
public final class PruningRun {
  private static final int VERIFICATION_BATCH = 64;
  private static final int TASK_FEATURE_BATCH = 100;
  private static final int ROUNDS_BATCH_1 = 200;
  private static final int ROUNDS_BATCH_32 = 60;

  private final DenseNetwork dense;
  private final Settings settings;
  private final FashionMnist data;
  private final PrunedGraph pruned;
  private final CompactedGraph compacted;

  /**
   * What is cut and how.
   *
   * @param criterion that chooses the filters
   * @param target what share of what is removed
   * @param recipe of the training that the pruning goes along with
   * @param roundTo what the number of filters that stay is a multiple of; 1 for any
   * @param ignoredLayers layers that keep their inputs and filters
   * @param denseUnits whether the units of dense layers are cut as well
   */
  public record Settings(
      Criterion criterion,
      PruningTarget target,
      Recipe recipe,
      int roundTo,
      List<String> ignoredLayers,
      boolean denseUnits) {
    /** Removes a share of the multiply-accumulates. */
    public static Settings macs(Criterion criterion, double ratio, Recipe recipe) {
      return new Settings(
          criterion, new PruningTarget(Measure.MACS, ratio), recipe, 1, List.of(), false);
    }

    private PruningTransform.Builder builder() {
      PruningTransform.Builder builder =
          PruningTransform.builder()
              .criterion(criterion)
              .roundTo(roundTo)
              .ignoredLayers(ignoredLayers.toArray(String[]::new));
      if (denseUnits) {
        builder.denseUnits();
      }
      return switch (target.measure()) {
        case MACS -> builder.macsTarget(target.ratio());
        case PARAMETERS -> builder.parametersTarget(target.ratio());
        case FILTERS -> builder.filtersTarget(target.ratio());
        case LATENCY -> builder.latencyTarget(target.ratio());
      };
    }
  }

  private PruningRun(
      DenseNetwork dense,
      Settings settings,
      FashionMnist data,
      PrunedGraph pruned,
      CompactedGraph compacted) {
    this.dense = dense;
    this.settings = settings;
    this.data = data;
    this.pruned = pruned;
    this.compacted = compacted;
  }

  /**
   * Where a run leaves checkpoints, and whether it begins with one.
   *
   * @param directory of the checkpoints
   * @param every steps between two of them; 0 for none
   * @param resumes from the newest in the directory
   * @param trains on; false to cut what is masked by now
   * @param started is given the graph before it trains
   */
  public record Checkpoints(
      Path directory, int every, boolean resumes, boolean trains, Consumer<PrunedGraph> started) {
    private static final int KEEP = 2;

    /** No checkpoints. */
    public static Checkpoints none() {
      return new Checkpoints(Path.of(""), 0, false, true, pruned -> {});
    }

    PrunedGraph begin(PruningTransform transform, SameDiff graph) {
      PrunedGraph pruned = resumes ? transform.resume(graph, directory) : transform.apply(graph);
      if (every > 0) {
        pruned.checkpointEvery(every, directory, KEEP);
      }
      started.accept(pruned);
      return pruned;
    }
  }

  /** Without checkpoints, and nobody looking on. */
  public static PruningRun execute(
      DenseNetwork dense, Settings settings, FashionMnist data, Progress progress) {
    return execute(dense, settings, data, progress, Checkpoints.none(), RunWatch.NONE);
  }

  /**
   * Prunes a copy of the dense network while it trains on, and compacts it; the weights of the
   * dense network stay as they are.
   */
  public static PruningRun execute(
      DenseNetwork dense,
      Settings settings,
      FashionMnist data,
      Progress progress,
      Checkpoints checkpoints,
      RunWatch watch) {
    Recipe recipe = settings.recipe();
    Classifier classifier = dense.classifier();
    ImageIterator batches = classifier.shuffled(data.train(), recipe.batch(), dense.seed() + 1);
    int stepsPerEpoch = batches.batchesPerEpoch();
    dense.graph().setTrainingConfig(recipe.config(classifier, stepsPerEpoch));
    PruningTransform transform =
        settings.builder().steps(recipe.epochs() * stepsPerEpoch).seed(dense.seed()).build();
    PrunedGraph pruned = checkpoints.begin(transform, dense.graph());
    String task =
        String.format(
            Locale.ROOT,
            "%s: prune %.0f %% (%s)",
            classifier.label(),
            100 * settings.target().ratio(),
            settings.criterion().name());
    List<Listener> listeners = new ArrayList<>(List.of(pruned.listener()));
    listeners.addAll(
        watch.begin(pruned, graph -> DenseNetwork.accuracy(classifier, graph, data.test())));
    // also where nothing is left to train: it counts the epoch that a last checkpoint came before
    int left = pruned.reposition(batches, recipe.epochs());
    if (left > 0 && checkpoints.trains()) {
      TrainingProgress shown =
          new TrainingProgress(
              progress,
              recipe.epochs(),
              stepsPerEpoch,
              () -> state(pruned),
              pruned.progress().step());
      Listener[] all = listeners.toArray(Listener[]::new);
      DenseNetwork.fit(pruned.graph(), batches, left, shown, task, all);
    }
    int sampled = Math.min(VERIFICATION_BATCH, classifier.inferenceBatch());
    DataSet sample = classifier.ordered(data.test(), sampled).next();
    CompactedGraph compacted =
        pruned.compact(
            Map.of(
                classifier.input(), sample.getFeatures(), classifier.labels(), sample.getLabels()));
    return new PruningRun(dense, settings, data, pruned, compacted);
  }

  private static String state(PrunedGraph pruned) {
    PruningProgress progress = pruned.progress();
    return String.format(
        Locale.ROOT,
        "  pruned %.1f %% (%s)",
        100 * progress.currentRatio(),
        progress.phase().name().toLowerCase(Locale.ROOT));
  }

  /** The smaller network. */
  public CompactedGraph compacted() {
    return compacted;
  }

  /** What compaction reports. */
  public PruningReport report() {
    return compacted.report();
  }

  /** Accuracy of the compacted network on the test images, 0 to 1. */
  public double accuracy() {
    return DenseNetwork.accuracy(dense.classifier(), compacted.graph(), data.test());
  }

  /**
   * Saves the compacted network, loads it again with SameDiff alone, and measures it beside the
   * dense one.
   *
   * @param file to write, replaced if it exists
   */
  public Figures measure(Path file) throws IOException {
    compacted.save(file);
    SameDiff loaded = SameDiff.load(file.toFile(), false);
    Classifier classifier = dense.classifier();
    INDArray many = classifier.ordered(data.test(), 32).next().getFeatures();
    INDArray one = classifier.ordered(data.test(), 1).next().getFeatures();
    Latency batch32 = Latency.measure(classifier, loaded, many, ROUNDS_BATCH_32);
    Latency batch1 = Latency.measure(classifier, loaded, one, ROUNDS_BATCH_1);
    PruningReport report = compacted.report();
    return new Figures(
        classifier.label(),
        dense.seed(),
        settings.criterion().name(),
        settings.target().measure().name().toLowerCase(Locale.ROOT),
        settings.target().ratio(),
        dense.accuracy(),
        DenseNetwork.accuracy(classifier, pruned.maskedGraph(), data.test()),
        DenseNetwork.accuracy(classifier, loaded, data.test()),
        report.filtersBefore(),
        report.filtersAfter(),
        report.parametersBefore(),
        report.parametersAfter(),
        report.macsBefore(),
        report.macsAfter(),
        sizeOf(dense.graph()),
        sizeOf(loaded),
        batch32.before(),
        batch32.after(),
        batch1.before(),
        batch1.after(),
        report.maxRelativeDifference(),
        keptTaskFeatures());
  }

  private @Nullable Double keptTaskFeatures() {
    Classifier classifier = dense.classifier();
    int batch = Math.min(TASK_FEATURE_BATCH, classifier.inferenceBatch());
    double share =
        compacted.keptTaskFeatures(dense.graph(), classifier.ordered(data.test(), batch));
    return Double.isFinite(share) ? share : null;
  }

  /** Bytes of the graph's file without updater state. */
  private static long sizeOf(SameDiff graph) throws IOException {
    Path file = Files.createTempFile("samediff-pruning", ".fb");
    try {
      graph.save(file.toFile(), false);
      return Files.size(file);
    } finally {
      Files.delete(file);
    }
  }
}
