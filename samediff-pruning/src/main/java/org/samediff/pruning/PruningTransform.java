package org.samediff.pruning;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CostModel;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.channels.LeafAxis;
import org.samediff.pruning.deployment.Deployment;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.AdmissionCheck;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.importance.ScoringOptions;
import org.samediff.pruning.latency.Latency;
import org.samediff.pruning.latency.LatencyOptions;
import org.samediff.pruning.model.CheckpointStore;
import org.samediff.pruning.rewrite.MaskPass;
import org.samediff.pruning.rewrite.ScoreSite;
import org.samediff.pruning.training.LayerLimit;
import org.samediff.pruning.training.MaskSet;
import org.samediff.pruning.training.Partition;
import org.samediff.pruning.training.PruningListener;
import org.samediff.pruning.training.PruningSchedule;
import org.samediff.pruning.training.PruningTarget;
import org.samediff.pruning.training.Ranking;
import org.samediff.pruning.training.ScoreBook;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way in: turns a SameDiff CNN with a TrainingConfig into one that prunes itself while it
 * trains.
 *
 * <pre>{@code
 * PrunedGraph pruned = PruningTransform.builder().macsTarget(0.5).epochs(epochs).build().apply(sd);
 * pruned.graph().fit(trainIterator, epochs, pruned.listener());
 * CompactedGraph slim = pruned.compact();
 * }</pre>
 *
 * <p>Immutable and thread safe; one transform may be applied to any number of graphs.
 */
public final class PruningTransform {
  private static final Logger log = LoggerFactory.getLogger(PruningTransform.class);

  /**
   * Examples that shapes and admission are probed with; not one, lest a batch axis pass for one.
   */
  private static final int PROBE_BATCH = 3;

  private static final long REPLAY_SEED = 42;

  private final PruningConfig config;

  private PruningTransform(PruningConfig config) {
    this.config = config;
  }

  /** Starts a configuration. A target and a length of the run must be given. */
  public static Builder builder() {
    return new Builder();
  }

  /** What this transform is set to. */
  public PruningConfig config() {
    return config;
  }

  /**
   * Rewrites a copy of the graph; {@code sd} itself is only read. Placeholders may leave their
   * first axis open; a graph with other open axes goes to {@link #apply(SameDiff, Map)}.
   *
   * @throws PruningException see there
   */
  public PrunedGraph apply(SameDiff sd) {
    return apply(sd, Map.of());
  }

  /**
   * Rewrites a copy of the graph: finds what can be cut together, puts a stop-gradient mask behind
   * every parameter of those units.
   *
   * @param exampleInputs an array for each placeholder (labels too) that shapes are taken from;
   *     empty to have them generated
   * @throws PruningException ALREADY_PRUNED, NO_TRAINING_CONFIG, NO_LABELS, DAMAGED_GRAPH,
   *     NON_FINITE, NOT_ADMITTED, UNKNOWN_LAYER, NOTHING_TO_PRUNE or BAD_OPTION
   */
  public PrunedGraph apply(SameDiff sd, Map<String, INDArray> exampleInputs) {
    GraphChecks.require(sd);
    requireTrainable(sd);
    SameDiff copy = GraphCopy.of(sd);
    List<String> labels = labelNames(copy.getTrainingConfig());
    Map<String, INDArray> inputs =
        exampleInputs.isEmpty()
            ? Probe.inputs(copy, PROBE_BATCH, config.seed(), labels)
            : Map.copyOf(exampleInputs);
    int labelIndex = config.criterion().needsLabels() ? classLabels(labels, inputs) : -1;
    AdmissionCheck.require(copy, inputs);

    Map<String, long[]> shapes = Probe.shapes(copy, inputs);
    GraphView view = GraphView.of(copy);
    LayerControls controls = LayerControls.of(config, view);
    PruningPlan.Source source =
        new PruningPlan.Source(Replay.lines(copy), GraphChecks.outputs(sd, view), controls.scope());
    ChannelAnalysis analysis =
        ChannelAnalysis.of(view, shapes, batch(inputs), source.outputs(), source.scope());
    requireGroups(analysis);
    Measure measure = config.target().measure();
    Optional<PrunedGraph.Inference> inference =
        measure == Measure.LATENCY
            ? Optional.of(inference(copy, labels, exampleInputs))
            : Optional.empty();
    if (inference.isPresent()) {
      analysis =
          Latency.timed(
              copy,
              analysis,
              inference.get().inputs(),
              inference.get().outputs(),
              config.latency(),
              config.roundTo());
    }
    Partition partition =
        new Partition(
            analysis,
            measure,
            controls.cutLimits(config, analysis),
            config.ranking().pools(view, analysis));
    List<ScoreSite> sites = ScoreSite.of(view, shapes, analysis);
    ScoreBook scores =
        new ScoreBook(
            copy,
            analysis,
            sites,
            config.criterion(),
            new ScoringOptions(config.scoreDecay(), config.seed()),
            config.scoringInterval());
    Map<LeafAxis, String> masks = MaskPass.insert(copy, analysis);
    GraphVerifier.require(copy);

    warnIfOutOfReach(analysis.cost(), partition);
    PruningListener listener =
        new PruningListener(
            config.schedule(),
            config.target(),
            scores,
            partition,
            new MaskSet(copy, analysis, masks),
            labelIndex,
            analysis.cost().total(measure));
    return new PrunedGraph(copy, config, analysis, sites, listener, source, inputs, inference);
  }

  /** One inference: everything that needs no labels, on a batch of the size that latency is of. */
  private PrunedGraph.Inference inference(
      SameDiff copy, List<String> labels, Map<String, INDArray> exampleInputs) {
    Map<String, INDArray> inputs =
        exampleInputs.isEmpty()
            ? Probe.inputs(copy, config.latency().batch(), config.seed(), labels)
            : Map.copyOf(exampleInputs);
    return new PrunedGraph.Inference(inputs, Deployment.outputs(copy));
  }

  /** {@link #resume(SameDiff, Path, Map)} with generated inputs. */
  public PrunedGraph resume(SameDiff sd, Path directory) {
    return resume(sd, directory, Map.of());
  }

  /**
   * Goes on with a run from the newest whole checkpoint that {@link PrunedGraph#checkpointEvery}
   * has written: {@link #apply} to the same graph, and everything that training had changed is put
   * back. {@code sd} may hold any weights; the state of ND4J's random numbers becomes the
   * checkpoint's.
   *
   * @throws PruningException NO_CHECKPOINT; CHECKPOINT_MISMATCH if it is of another graph or of a
   *     transform that is set otherwise; what {@link #apply} throws
   */
  public PrunedGraph resume(SameDiff sd, Path directory, Map<String, INDArray> exampleInputs) {
    try (CheckpointStore.Stored stored =
        new CheckpointStore(directory, 1)
            .latest()
            .orElseThrow(
                () ->
                    new PruningException(
                        Code.NO_CHECKPOINT,
                        "there is no whole checkpoint in \""
                            + directory
                            + "\"; start the run with apply and checkpointEvery"))) {
      PrunedGraph pruned = apply(sd, exampleInputs);
      pruned.restore(stored);
      return pruned;
    }
  }

  /** {@link #replay(PruningPlan, SameDiff, Map)} with generated inputs. */
  public static CompactedGraph replay(PruningPlan plan, SameDiff sd) {
    return replay(plan, sd, Map.of());
  }

  /**
   * Carries out a plan on another copy of the graph that it was made for: sets the plan's units to
   * zero in a copy of {@code sd}, removes them, and proves that the outputs are those of that copy.
   * {@code sd} is only read and needs no TrainingConfig; its weights may be any.
   *
   * @param exampleInputs an array for each placeholder, for shapes and proof; empty to have them
   *     generated
   * @throws PruningException PLAN_MISMATCH naming the first difference between the plan's graph and
   *     {@code sd}; ALREADY_PRUNED, DAMAGED_GRAPH, NON_FINITE or NOT_EQUAL
   */
  public static CompactedGraph replay(
      PruningPlan plan, SameDiff sd, Map<String, INDArray> exampleInputs) {
    GraphChecks.require(sd);
    TrainingConfig training = sd.getTrainingConfig();
    List<String> labels = training == null ? List.of() : labelNames(training);
    return new Replay(
            plan,
            sd,
            exampleInputs.isEmpty()
                ? Probe.inputs(sd, PROBE_BATCH, REPLAY_SEED, labels)
                : Map.copyOf(exampleInputs))
        .compact();
  }

  private static void requireTrainable(SameDiff sd) {
    if (sd.getOps().isEmpty()) {
      throw new PruningException(
          Code.NOTHING_TO_PRUNE,
          "the graph has no op at all; was it loaded from a truncated file?");
    }
    if (sd.getTrainingConfig() == null) {
      throw new PruningException(
          Code.NO_TRAINING_CONFIG,
          "the graph has no TrainingConfig, and pruning happens while it trains; call"
              + " sd.setTrainingConfig(...) first, as for sd.fit");
    }
    if (sd.getLossVariables().isEmpty()) {
      throw new PruningException(
          Code.NO_TRAINING_CONFIG,
          "the graph has no loss variable; call sd.setLossVariables(\"loss\") first, as for sd.fit");
    }
  }

  private static List<String> labelNames(TrainingConfig training) {
    List<String> labels = training.getDataSetLabelMapping();
    return labels == null ? List.of() : labels;
  }

  /** Index of the first label array that holds classes. */
  private int classLabels(List<String> labels, Map<String, INDArray> inputs) {
    for (int i = 0; i < labels.size(); i++) {
      INDArray y = inputs.get(labels.get(i));
      if (y != null && y.rank() == 2 && y.size(1) > 1) {
        return i;
      }
    }
    throw new PruningException(
        Code.NO_LABELS,
        "criterion "
            + config.criterion().name()
            + " needs one-hot class labels of shape [N, classes], and the TrainingConfig maps "
            + (labels.isEmpty() ? "no labels" : labels + " to other shapes")
            + "; take twoFactor(0), taylor() or l2(), which need none");
  }

  private static void requireGroups(ChannelAnalysis analysis) {
    if (analysis.groups().isEmpty()) {
      throw new PruningException(
          Code.NOTHING_TO_PRUNE,
          "no layer's filters can be cut: "
              + (analysis.kept().isEmpty() ? "there is no conv2d" : analysis.kept().toString()));
    }
  }

  /** Number of examples. */
  static long batch(Map<String, INDArray> inputs) {
    return inputs.values().stream().mapToLong(a -> a.rank() == 0 ? 1 : a.size(0)).max().orElse(1);
  }

  private void warnIfOutOfReach(CostModel cost, Partition partition) {
    long total = cost.total(config.target().measure());
    double most = 1 - (double) partition.leastCost() / total;
    if (config.target().ratio() > most) {
      log.warn(
          "pruning: {} of {} cannot be removed, {} at most with the floors (minKeptRatio, minFilters),"
              + " the layer limits and the layers that must stay",
          config.target().ratio(),
          config.target().measure(),
          String.format(Locale.ROOT, "%.3f", most));
    }
  }

  /** Collects the options; not thread safe. */
  public static final class Builder {
    private PruningTarget target;
    private Criterion criterion = Criterion.twoFactor();
    private PruningSchedule schedule;
    private List<String> layers = List.of();
    private List<String> ignoredLayers = List.of();
    private final List<LayerLimit> layerLimits = new ArrayList<>();
    private double minKeptRatio = 0.1;
    private int minFilters = 1;
    private int roundTo = 1;
    private boolean allowInexact;
    private boolean denseUnits;
    private Ranking ranking = Ranking.GLOBAL;
    private double scoreDecay = 0.95;
    private int scoringInterval = 1;
    private LatencyOptions latency = LatencyOptions.defaults();
    private long seed = 42;

    private Builder() {}

    /**
     * Removes this share of the network's filters.
     *
     * @param ratio in [0, 1)
     * @throws PruningException BAD_OPTION outside
     */
    public Builder filtersTarget(double ratio) {
      return target(Measure.FILTERS, ratio);
    }

    /**
     * Removes this share of the network's trainable parameters.
     *
     * @param ratio in [0, 1)
     * @throws PruningException BAD_OPTION outside
     */
    public Builder parametersTarget(double ratio) {
      return target(Measure.PARAMETERS, ratio);
    }

    /**
     * Removes this share of the network's multiply-accumulates (convolutions and matrix products).
     *
     * @param ratio in [0, 1)
     * @throws PruningException BAD_OPTION outside
     */
    public Builder macsTarget(double ratio) {
      return target(Measure.MACS, ratio);
    }

    /**
     * Removes this share of the time that one inference takes on this machine. Its ops are timed at
     * several widths when the transform is applied, which takes seconds, once for each graph,
     * machine and number of threads: the times are kept in a file ({@link #latency}) and counted as
     * multiply-accumulates are for {@link #macsTarget}. {@link PruningReport#latency} puts what was
     * reached beside what was promised. Much of a small network's time is the engine's, for each op
     * whatever its width; what cannot be reached is warned of.
     *
     * @param ratio in [0, 1)
     * @throws PruningException BAD_OPTION outside; so does {@code apply} if every output of the
     *     graph needs labels
     */
    public Builder latencyTarget(double ratio) {
      return target(Measure.LATENCY, ratio);
    }

    /**
     * On how many examples latency is measured, and where the times are kept; {@link
     * LatencyOptions#defaults} unless set. Example inputs given to {@code apply} are taken as they
     * are.
     */
    public Builder latency(LatencyOptions options) {
      latency = options;
      return this;
    }

    private Builder target(Measure measure, double ratio) {
      target = new PruningTarget(measure, ratio);
      return this;
    }

    /** How filters are scored; {@link Criterion#twoFactor()} unless set. */
    public Builder criterion(Criterion c) {
      criterion = c;
      return this;
    }

    /** Length of the run in training steps (minibatches) over all fits, at least 1. */
    public Builder steps(int total) {
      return schedule(PruningSchedule.ofSteps(total));
    }

    /** Length of the run in epochs over all fits, at least 2: the first one counts the steps. */
    public Builder epochs(int n) {
      return schedule(PruningSchedule.ofEpochs(n));
    }

    /** Length and phases of the run. */
    public Builder schedule(PruningSchedule s) {
      schedule = s;
      return this;
    }

    /**
     * The only layers whose filters are cut; all unless set. The others keep their filters, but
     * lose the input channels that a pruned neighbour no longer has; to keep those too, take {@link
     * #ignoredLayers}. A layer that the graph ties to one that is not listed (a residual add) keeps
     * its filters as well, and {@link PrunedGraph#keptLayers} says so.
     *
     * @param patterns names, globs ({@code *}, {@code ?}) or op types ({@code op:conv2d}, {@code
     *     op:depthwise*}); one that matches nothing is refused by {@code apply} with UNKNOWN_LAYER
     */
    public Builder layers(String... patterns) {
      layers = List.of(patterns);
      return this;
    }

    /**
     * Layers that keep their inputs and filters; none unless set. Wins over {@link #layers}.
     *
     * @param patterns as there
     */
    public Builder ignoredLayers(String... patterns) {
      ignoredLayers = List.of(patterns);
      return this;
    }

    /**
     * Layers that lose this share of their filters, to the nearest whole one (half a filter stays),
     * whatever the ranking and the target say; it is reached along the same ramp. Layers that are
     * cut together with them lose it too. May be called for several patterns. Without a target,
     * only such layers are cut.
     *
     * @param pattern as for {@link #layers}
     * @param ratio share to remove, in [0, 1)
     * @throws PruningException BAD_OPTION outside; so does {@code apply} where the share goes below
     *     the floor, or contradicts another limit of layers that are cut together
     */
    public Builder layerRatio(String pattern, double ratio) {
      return layerRatioBetween(pattern, ratio, ratio);
    }

    /**
     * Layers that lose at least and at most these shares of their filters, under every ranking. May
     * be called for several patterns.
     *
     * @param pattern as for {@link #layers}
     * @param least share to remove at least, in [0, 1)
     * @param most share to remove at most, in [least, 1]
     * @throws PruningException BAD_OPTION as for {@link #layerRatio}
     */
    public Builder layerRatioBetween(String pattern, double least, double most) {
      layerLimits.add(new LayerLimit(pattern, least, most));
      return this;
    }

    /**
     * Rounds the number of filters that stay in each layer to the nearest multiple of this, ties
     * up: many kernels are faster at multiples of 8 or 16. The target still holds where it can be
     * met. A layer never goes below its floor; where no multiple lies between floor and size, it
     * keeps every filter. At least 1; 1, which rounds nothing, unless set.
     */
    public Builder roundTo(int multiple) {
      roundTo = multiple;
      return this;
    }

    /**
     * Also cuts filters whose removal changes the outputs in a way that is known beforehand: what
     * reaches a layer norm, a softmax or a mean over channels, or a padded convolution as a
     * constant other than zero. {@link PruningReport#inexactCuts} names each with its reason, and
     * the report's differences say by how much the outputs moved. Refused unless called: such
     * layers are then left whole and named in {@link PrunedGraph#keptLayers}.
     */
    public Builder allowInexact() {
      allowInexact = true;
      return this;
    }

    /**
     * Also prunes the units of dense layers: a column of {@code W} in {@code x W} (matmul, either
     * way round in memory, or xw_plus_b) with a trainable variable {@code W} counts as a filter
     * wherever an option or a figure speaks of filters, and its layer can be named like a
     * convolution. Not done unless called: then dense layers lose the inputs that pruned filters
     * fed, and units only along with filters that they are tied to. In VGG16, 90 % of the
     * parameters are between dense layers. The network's outputs stay.
     */
    public Builder denseUnits() {
      denseUnits = true;
      return this;
    }

    /** Which filters compete with each other; {@link Ranking#GLOBAL} unless set. */
    public Builder ranking(Ranking r) {
      ranking = r;
      return this;
    }

    /** Share of each layer's filters that always stays, in (0, 1]; 0.1 unless set. */
    public Builder minKeptRatio(double share) {
      minKeptRatio = share;
      return this;
    }

    /** Number of each layer's filters that always stays, at least 1; 1 unless set. */
    public Builder minFilters(int number) {
      minFilters = number;
      return this;
    }

    /** Share of the scores' moving average that a step keeps, in [0, 1); 0.95 unless set. */
    public Builder scoreDecay(double share) {
      scoreDecay = share;
      return this;
    }

    /**
     * Scores each layer at every so many steps only, the layers taking turns, which costs so much
     * less; the partition is made anew at every step all the same. 1 unless set.
     */
    public Builder scoringInterval(int steps) {
      scoringInterval = steps;
      return this;
    }

    /** Seed of random scores and generated inputs; 42 unless set. */
    public Builder seed(long s) {
      seed = s;
      return this;
    }

    /**
     * The transform.
     *
     * @throws PruningException BAD_OPTION if target or length is missing or an option is out of
     *     range
     */
    public PruningTransform build() {
      if (target == null && !layerLimits.isEmpty()) {
        filtersTarget(0);
      }
      if (target == null) {
        throw new PruningException(
            Code.BAD_OPTION,
            "how much is to be removed? Give macsTarget(0.5), parametersTarget,"
                + " filtersTarget or latencyTarget");
      }
      if (schedule == null) {
        throw new PruningException(
            Code.BAD_OPTION,
            "how long will the run be? Give epochs(n) or steps(n), the same as sd.fit will get");
      }
      return new PruningTransform(
          new PruningConfig(
              target,
              criterion,
              schedule,
              layers,
              ignoredLayers,
              layerLimits,
              minKeptRatio,
              minFilters,
              roundTo,
              allowInexact,
              denseUnits,
              ranking,
              scoreDecay,
              scoringInterval,
              latency,
              seed));
    }
  }
}
