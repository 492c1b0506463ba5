package org.samediff.pruning.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.ListenerResponse;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.listeners.records.LossCurve;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.evaluation.IEvaluation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.StepLabels;
import org.samediff.pruning.ops.ReluGradient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prunes while SameDiff trains: at every step new scores, a new partition, new masks, and one step
 * of decay for what is redundant.
 *
 * <p>SameDiff calls it from {@code fit}; other listeners may stand beside it. It makes the taps run
 * by naming their output in the TrainingConfig's train evaluations while an operation lasts, and
 * takes the name out again. From the freeze on no score is computed. Fits may be several: steps and
 * epochs are counted over all of them. One listener serves one graph and one thread.
 *
 * <p>Redundant units get exactly no gradient (the masks see to that before the updater), and where
 * a regularisation or a running momentum would still move them, their update is zeroed; then they
 * are multiplied by {@code residual^(1/(steps from freeze to end))} per step, under every updater
 * alike.
 */
public final class PruningListener extends BaseListener {
  private static final Logger log = LoggerFactory.getLogger(PruningListener.class);

  private static final long MOST_LOOKED_AT = 100_000;

  private final PruningSchedule schedule;
  private final PruningTarget target;
  private final ScoreBook scores;
  private final Partition partition;
  private final MaskSet masks;
  private final int labelIndex;
  private final double[][] startNorms;
  private final long totalCost;

  private PruningSchedule.Steps steps;
  private long step;
  private long epochStartStep;
  private long epochs;
  private boolean midEpoch;
  private double askedRatio;
  private long flips;
  private boolean scoring;
  private boolean named;
  private boolean partitionFinal;
  private double residual = Double.NaN;
  private volatile @Nullable Thread trainer;
  private long lookedAt = -1;
  private Runnable afterStep = () -> {};

  /**
   * For one rewritten graph.
   *
   * @param labelIndex which label array of a minibatch holds the classes, -1 if none is needed
   */
  public PruningListener(
      PruningSchedule schedule,
      PruningTarget target,
      ScoreBook scores,
      Partition partition,
      MaskSet masks,
      int labelIndex,
      long totalCost) {
    this.schedule = schedule;
    this.target = target;
    this.scores = scores;
    this.partition = partition;
    this.masks = masks;
    this.labelIndex = labelIndex;
    this.totalCost = totalCost;
    startNorms = masks.unitNorms();
    steps = schedule.inEpochs() ? null : schedule.steps(schedule.length(), 0);
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  @Override
  public void operationStart(SameDiff gradientFunction, Operation operation) {
    requireIdle();
    trainer = Thread.currentThread();
    forget(gradientFunction.getTrainingConfig()); // a fit that failed before its first op could not
    ReluGradient.use(gradientFunction);
    if (partitionFinal) {
      return;
    }
    scores.connect(gradientFunction);
    scoring = true;
    // a map of its own: SameDiff's history listener, made before, would want labels for each entry
    TrainingConfig config = gradientFunction.getTrainingConfig();
    Map<String, List<IEvaluation>> evaluations = new HashMap<>();
    if (config.getTrainEvaluations() != null) {
      evaluations.putAll(config.getTrainEvaluations());
    }
    config.setTrainEvaluations(evaluations);
    Map<String, Integer> labels = new HashMap<>();
    if (config.getTrainEvaluationLabels() != null) {
      labels.putAll(config.getTrainEvaluationLabels());
    }
    config.setTrainEvaluationLabels(labels);
  }

  /** What is in the train evaluations is run: names the output of this step's taps there. */
  @Override
  public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlMs) {
    if (!masks.isOf(sd)) {
      throw new PruningException(
          PruningException.Code.BAD_OPTION,
          "this listener prunes another graph than the one that is being trained; train"
              + " PrunedGraph.graph() with the listener of the same PrunedGraph");
    }
    if (scoring) {
      TrainingConfig config = sd.getTrainingConfig();
      scores
          .output(step)
          .ifPresent(
              name -> {
                config.getTrainEvaluations().put(name, new ArrayList<>());
                // asked for by the next fit's history listener, should this step end before its
                // first op
                config.getTrainEvaluationLabels().put(name, 0);
              });
      named = true;
    }
  }

  /**
   * SameDiff has read by now what is to be run. The names go at once: a step that fails, in another
   * listener too, leaves nothing of ours in the user's configuration.
   */
  @Override
  public void preOpExecution(SameDiff sd, At at, SameDiffOp op, OpContext context) {
    if (named && at.operation() == Operation.TRAINING) {
      forget(sd.getTrainingConfig());
    }
  }

  @Override
  public void operationEnd(SameDiff sd, Operation operation) {
    release(sd);
    trainer = null;
  }

  /**
   * Takes back what a fit that failed has left in the configuration, before the next one reads it.
   */
  public void tidy() {
    if (!training()) {
      forget(masks.trainingConfig());
    }
  }

  /**
   * Refuses what another thread asks for while one trains, and takes back what a fit that failed
   * has left in the configuration. Such a fit does not say that it is over, so whoever trained last
   * is looked at.
   *
   * @throws PruningException CONCURRENT_USE
   */
  public void requireIdle() {
    tidy();
    Thread other = trainer;
    if (training() && other != null && other != Thread.currentThread()) {
      throw new PruningException(
          PruningException.Code.CONCURRENT_USE,
          "thread \""
              + other.getName()
              + "\" is training this graph; wait for its fit to return. One graph serves one thread");
    }
  }

  private boolean training() {
    Thread last = trainer;
    return last != null && Arrays.stream(last.getStackTrace()).anyMatch(PruningListener::isFit);
  }

  private static boolean isFit(StackTraceElement frame) {
    return frame.getClassName().equals(SameDiff.class.getName())
        && frame.getMethodName().equals("fitHelper");
  }

  /**
   * Has this run at the end of every step, when masks, scores and counters are those of the step.
   */
  public void afterStep(Runnable action) {
    afterStep = action;
  }

  /** Nothing asks for scores any more, so SameDiff does not run their ops. */
  private void release(SameDiff sd) {
    forget(sd.getTrainingConfig());
    scoring = false;
  }

  private void forget(TrainingConfig config) {
    if (named) {
      config.getTrainEvaluations().keySet().removeAll(scores.outputs());
      config.getTrainEvaluationLabels().keySet().removeAll(scores.outputs());
      named = false;
    }
  }

  @Override
  public void opExecution(
      SameDiff sd,
      At at,
      MultiDataSet batch,
      SameDiffOp op,
      OpContext context,
      INDArray[] results) {
    if (batch != null && scoring) {
      scores.executed(op, context);
    }
  }

  @Override
  public void preUpdate(SameDiff sd, At at, Variable v, INDArray update) {
    requireFinite(v.getName(), update, at);
    if (regularised(sd)) {
      masks.zeroRedundant(v.getName(), update);
    }
  }

  /** Without regularisation a redundant unit's update is zero by itself: no gradient, no state. */
  private static boolean regularised(SameDiff sd) {
    TrainingConfig config = sd.getTrainingConfig();
    return config != null
        && config.getRegularization() != null
        && !config.getRegularization().isEmpty();
  }

  @Override
  public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
    requireFinite(loss, at);
    if (!partitionFinal) {
      try {
        scores.step(step, labels(batch), at.iteration());
      } catch (RuntimeException e) {
        release(sd);
        throw e;
      }
      repartition();
    }
    step++;
    if (Double.isNaN(residual) && phase() != Phase.WARM_UP) {
      masks.scaleRedundant(decay());
    }
    if (!partitionFinal && (phase() == Phase.FROZEN || phase() == Phase.DONE)) {
      partitionFinal = true;
      release(sd);
      log.info("pruning: partition frozen at step {}, {} masked", step, percent(currentRatio()));
    }
    if (Double.isNaN(residual) && phase() == Phase.DONE) {
      residual = measureResidual();
      masks.scaleRedundant(0);
    }
    afterStep.run();
  }

  /**
   * A loss that is no number makes every gradient none, so the first update of a step, the last
   * layer's, is looked at, before anything is updated; large ones are left to the next.
   */
  private void requireFinite(String variable, INDArray update, At at) {
    if (lookedAt != step && update.length() <= MOST_LOOKED_AT) {
      lookedAt = step;
      if (!Double.isFinite(update.sumNumber().doubleValue())) {
        throw PruningException.nonFinite("variable", variable, "its update", at.iteration());
      }
    }
  }

  /** A loss that SameDiff has not run is 0. */
  private static void requireFinite(@Nullable Loss loss, At at) {
    if (loss == null) {
      return;
    }
    for (int i = 0; i < loss.getLossNames().size(); i++) {
      if (!Double.isFinite(loss.getLosses()[i])) {
        throw PruningException.nonFinite(
            "loss", loss.getLossNames().get(i), "its values", at.iteration());
      }
    }
  }

  private void repartition() {
    double ramp = steps == null ? 0 : steps.ramp(step);
    askedRatio = target.ratio() * ramp;
    if (ramp > 0) {
      flips += masks.set(partition.split(scores.scores(), askedRatio, ramp));
    }
  }

  /** The factor that brings a unit from the freeze to the end of the run down to the residual. */
  private double decay() {
    return Math.pow(schedule.residual(), 1.0 / Math.max(1, steps.total() - steps.freezeAt()));
  }

  private StepLabels labels(MultiDataSet batch) {
    if (labelIndex < 0) {
      return null;
    }
    INDArray y = batch.getLabels(labelIndex);
    if (y.rank() != 2) {
      throw new PruningException(
          PruningException.Code.NO_LABELS,
          "the criterion needs one-hot labels of shape [N, classes], and the minibatch's have rank "
              + y.rank()
              + "; take twoFactor(0), taylor() or l2()");
    }
    return new StepLabels(y.dup('c').data().asDouble(), (int) y.size(0), (int) y.size(1));
  }

  @Override
  public ListenerResponse epochEnd(SameDiff sd, At at, LossCurve lossCurve, long epochTimeMillis) {
    endEpoch();
    return ListenerResponse.CONTINUE;
  }

  /** All minibatches of an epoch are done. */
  public void endEpoch() {
    epochs++;
    midEpoch = false;
    if (steps == null) {
      long perEpoch = step - epochStartStep;
      steps = schedule.steps(perEpoch * schedule.length(), step);
    }
    epochStartStep = step;
  }

  @Override
  public void epochStart(SameDiff sd, At at) {
    if (!midEpoch) {
      epochStartStep = step;
    }
    midEpoch = false;
  }

  /** Epochs that are done. */
  public long epochs() {
    return epochs;
  }

  /** Minibatches of the current epoch that are done. */
  public long stepsInEpoch() {
    return step - epochStartStep;
  }

  /** Everything that goes on from step to step, beside what the graph holds. */
  public Map<String, double[]> state() {
    Map<String, double[]> state = new LinkedHashMap<>();
    state.put(
        "run",
        new double[] {
          step, epochStartStep, epochs, askedRatio, flips, partitionFinal ? 1 : 0, residual
        });
    state.put(
        "phases",
        steps == null
            ? new double[0]
            : new double[] {steps.warmUpEnd(), steps.rampEnd(), steps.freezeAt(), steps.total()});
    for (int g = 0; g < startNorms.length; g++) {
      state.put("startNorms/" + g, startNorms[g].clone());
      double[] kept = new double[startNorms[g].length];
      for (int c = 0; c < kept.length; c++) {
        kept[c] = masks.kept()[g][c] ? 1 : 0;
      }
      state.put("kept/" + g, kept);
    }
    scores.state().forEach((name, numbers) -> state.put("scores/" + name, numbers));
    return state;
  }

  /**
   * Takes on what {@link #state} of a listener of the same graph gave; to be followed by the
   * graph's arrays, whose updater state this changes.
   *
   * @throws PruningException CHECKPOINT_MISMATCH
   */
  public void restore(Map<String, double[]> state) {
    boolean[][] kept = new boolean[startNorms.length][];
    for (int g = 0; g < kept.length; g++) {
      kept[g] = new boolean[startNorms[g].length];
      double[] norms = numbers(state, "startNorms/" + g, kept[g].length);
      System.arraycopy(norms, 0, startNorms[g], 0, norms.length);
      double[] stays = numbers(state, "kept/" + g, kept[g].length);
      for (int c = 0; c < stays.length; c++) {
        kept[g][c] = stays[c] != 0;
      }
    }
    double[] run = numbers(state, "run", 7);
    double[] phases = state.getOrDefault("phases", new double[0]);
    Map<String, double[]> scorers = new LinkedHashMap<>();
    state.forEach(
        (name, numbers) -> {
          if (name.startsWith("scores/")) {
            scorers.put(name.substring("scores/".length()), numbers);
          }
        });
    scores.restore(scorers);
    masks.set(kept);
    partition.resume(kept);
    step = (long) run[0];
    epochStartStep = (long) run[1];
    midEpoch = step > epochStartStep;
    epochs = (long) run[2];
    askedRatio = run[3];
    flips = (long) run[4];
    partitionFinal = run[5] != 0;
    residual = run[6];
    if (phases.length == 4) {
      steps =
          new PruningSchedule.Steps(
              (long) phases[0], (long) phases[1], (long) phases[2], (long) phases[3]);
    }
  }

  private static double[] numbers(Map<String, double[]> state, String name, int length) {
    double[] numbers = state.get(name);
    if (numbers == null || numbers.length != length) {
      throw new PruningException(
          PruningException.Code.CHECKPOINT_MISMATCH,
          "the checkpoint's \""
              + name
              + "\" has "
              + (numbers == null ? "no" : String.valueOf(numbers.length))
              + " numbers, and this graph needs "
              + length);
    }
    return numbers;
  }

  private Phase phase() {
    return steps == null ? Phase.WARM_UP : steps.phase(step);
  }

  private double currentRatio() {
    return 1 - (double) partition.cost() / totalCost;
  }

  private static String percent(double ratio) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * ratio);
  }

  /** Where the run stands. */
  public PruningProgress progress() {
    return new PruningProgress(
        step, steps == null ? -1 : steps.total(), phase(), askedRatio, currentRatio(), flips);
  }

  /** The channels that are kept, {@code [group][channel]}, as of the last step. */
  public boolean[][] kept() {
    boolean[][] copy = masks.kept().clone();
    for (int g = 0; g < copy.length; g++) {
      copy[g] = copy[g].clone();
    }
    return copy;
  }

  /** Score of each channel as of the last step that was scored. */
  public double[][] scores() {
    return scores.scores();
  }

  /**
   * Largest norm of a redundant unit as a share of its norm when the run began; 0 if none is
   * redundant. At the end of the run, the figure just before redundant units were set to zero.
   */
  public double largestResidual() {
    return Double.isNaN(residual) ? measureResidual() : residual;
  }

  private double measureResidual() {
    double[][] now = masks.unitNorms();
    double largest = 0;
    for (int g = 0; g < now.length; g++) {
      for (int c = 0; c < now[g].length; c++) {
        if (!masks.kept()[g][c] && now[g][c] > 0) {
          largest = Math.max(largest, now[g][c] / Math.max(startNorms[g][c], Double.MIN_NORMAL));
        }
      }
    }
    return largest;
  }

  /** The masks this listener moves. */
  public MaskSet masks() {
    return masks;
  }
}
