package org.samediff.pruning;

import com.google.common.primitives.Booleans;
import com.google.common.primitives.Doubles;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.ListenerResponse;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.listeners.records.LossCurve;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.training.PruningProgress;

/**
 * Watches a pruning run: {@code fit(data, epochs, pruned.listener(), recorder)}, behind the run's
 * own listener. It changes nothing and holds a bounded number of points: a long run's are merged in
 * pairs. What came before a checkpoint that a run was resumed from is not in it. Not thread safe.
 */
public final class RunRecorder extends BaseListener {
  static final int MOST_POINTS = 1024;

  private final PrunedGraph pruned;
  private final @Nullable ToDoubleFunction<SameDiff> accuracy;
  private final List<RunHistory.Point> points = new ArrayList<>();
  private final List<RunHistory.Epoch> epochs = new ArrayList<>();
  private final Sum point = new Sum();
  private final Sum epoch = new Sum();
  private long stepsInPoint = 1;
  private long flips;

  /** What several steps come to. */
  private static final class Sum {
    private long steps;
    private double loss;
    private long flips;

    void add(double stepLoss, long stepFlips) {
      steps++;
      loss += stepLoss;
      flips += stepFlips;
    }

    RunHistory.Point point(PruningProgress now) {
      return new RunHistory.Point(
          now.step(), loss / steps, now.targetRatio(), now.currentRatio(), flips);
    }

    void clear() {
      steps = 0;
      loss = 0;
      flips = 0;
    }
  }

  /** Records losses, ratios, mask flips and, at the end, scores. */
  public RunRecorder(PrunedGraph pruned) {
    this(pruned, null);
  }

  /**
   * Also asks for an accuracy at the end of every epoch.
   *
   * @param accuracy given a copy of the network with its redundant filters at zero, which is freed
   *     afterwards: what compaction would give at this point
   */
  public RunRecorder(PrunedGraph pruned, @Nullable ToDoubleFunction<SameDiff> accuracy) {
    this.pruned = pruned;
    this.accuracy = accuracy;
    flips = pruned.progress().flips();
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  @Override
  public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
    PruningProgress now = pruned.progress();
    double total = loss == null ? 0 : loss.totalLoss();
    point.add(total, now.flips() - flips);
    epoch.add(total, now.flips() - flips);
    flips = now.flips();
    if (point.steps == stepsInPoint) {
      points.add(point.point(now));
      point.clear();
      if (points.size() == MOST_POINTS) {
        mergePairs();
      }
    }
  }

  private void mergePairs() {
    for (int i = 0; i < MOST_POINTS / 2; i++) {
      RunHistory.Point a = points.get(2 * i);
      RunHistory.Point b = points.get(2 * i + 1);
      points.set(
          i,
          new RunHistory.Point(
              b.step(),
              (a.loss() + b.loss()) / 2,
              b.targetRatio(),
              b.ratio(),
              a.flips() + b.flips()));
    }
    points.subList(MOST_POINTS / 2, MOST_POINTS).clear();
    stepsInPoint *= 2;
  }

  @Override
  public ListenerResponse epochEnd(SameDiff sd, At at, LossCurve lossCurve, long epochTimeMillis) {
    if (epoch.steps > 0) {
      RunHistory.Point sum = epoch.point(pruned.progress());
      epochs.add(
          new RunHistory.Epoch(
              pruned.epochs(), sum.step(), sum.loss(), sum.ratio(), sum.flips(), measure()));
      epoch.clear();
    }
    return ListenerResponse.CONTINUE;
  }

  private @Nullable Double measure() {
    if (accuracy == null) {
      return null;
    }
    SameDiff masked = pruned.maskedGraph();
    try {
      return accuracy.applyAsDouble(masked);
    } finally {
      GraphCopy.free(masked);
    }
  }

  /** What was seen up to now, with the scores and masks of now. */
  public RunHistory history() {
    List<RunHistory.Point> all = new ArrayList<>(points);
    if (point.steps > 0) {
      all.add(point.point(pruned.progress()));
    }
    double[][] scores = pruned.scores();
    boolean[][] kept = pruned.kept();
    List<RunHistory.Scores> groups = new ArrayList<>();
    for (ChannelGroup g : pruned.groups()) {
      groups.add(
          new RunHistory.Scores(
              g.members(), Doubles.asList(scores[g.index()]), Booleans.asList(kept[g.index()])));
    }
    return new RunHistory(all, epochs, groups);
  }
}
