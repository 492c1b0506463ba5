package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.training.PruningProgress;

class RunRecorderTest {
  private static final long SEED = 5;
  private static final long PER_EPOCH = 3;

  private final SameDiff sd = Nets.chain(DataType.FLOAT, SEED);
  private final List<DataSet> data = Nets.data(DataType.FLOAT, SEED, (int) PER_EPOCH, 4);

  /** Takes down what SameDiff and the run say, step by step. */
  private static final class Witness extends BaseListener {
    final List<Double> losses = new ArrayList<>();
    final List<PruningProgress> progress = new ArrayList<>();
    private final PrunedGraph pruned;

    Witness(PrunedGraph pruned) {
      this.pruned = pruned;
    }

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void iterationDone(SameDiff graph, At at, MultiDataSet batch, Loss loss) {
      losses.add(loss.totalLoss());
      progress.add(pruned.progress());
    }
  }

  @Test
  void everyStepAndEpochIsTheRunsOwn() {
    int epochs = 4;
    String loss = sd.getLossVariables().get(0);
    // SameDiff runs a loss that no gradient needs only for an evaluation, and gives 0 otherwise
    sd.getTrainingConfig().getTrainEvaluations().put(loss, new ArrayList<>());
    sd.getTrainingConfig().getTrainEvaluationLabels().put(loss, 0);
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).epochs(epochs).seed(SEED).build().apply(sd);
    List<Integer> zeroed = new ArrayList<>();
    RunRecorder recorder =
        new RunRecorder(
            pruned,
            masked -> {
              zeroed.add(masked.getVariables().size());
              return zeroed.size() / 10.0;
            });
    Witness witness = new Witness(pruned);
    pruned.graph().fit(new Batches(data), epochs, pruned.listener(), recorder, witness);

    RunHistory history = recorder.history();
    assertThat(history.points()).hasSize(epochs * (int) PER_EPOCH);
    for (int i = 0; i < history.points().size(); i++) {
      RunHistory.Point p = history.points().get(i);
      PruningProgress now = witness.progress.get(i);
      long before = i == 0 ? 0 : witness.progress.get(i - 1).flips();
      assertThat(p)
          .isEqualTo(
              new RunHistory.Point(
                  i + 1,
                  witness.losses.get(i),
                  now.targetRatio(),
                  now.currentRatio(),
                  now.flips() - before));
      assertThat(p.loss()).as("loss of step %d", i + 1).isPositive();
    }
    assertThat(history.epochs()).hasSize(epochs);
    for (int e = 0; e < epochs; e++) {
      RunHistory.Epoch epoch = history.epochs().get(e);
      List<RunHistory.Point> own =
          history.points().subList(e * (int) PER_EPOCH, (e + 1) * (int) PER_EPOCH);
      assertThat(epoch.epoch()).isEqualTo(e + 1);
      assertThat(epoch.step()).isEqualTo((e + 1) * PER_EPOCH);
      assertThat(epoch.flips()).isEqualTo(own.stream().mapToLong(RunHistory.Point::flips).sum());
      assertThat(epoch.loss())
          .isCloseTo(
              own.stream().mapToDouble(RunHistory.Point::loss).average().orElseThrow(),
              within(1e-9));
      assertThat(epoch.ratio()).isEqualTo(own.get(own.size() - 1).ratio());
      assertThat(epoch.accuracy()).isEqualTo((e + 1) / 10.0);
    }
    CompactedGraph slim = pruned.compact();
    long flips = history.epochs().stream().mapToLong(RunHistory.Epoch::flips).sum();
    assertThat(flips).isPositive().isEqualTo(slim.report().flips());
    for (int g = 0; g < history.groups().size(); g++) {
      RunHistory.Scores group = history.groups().get(g);
      PruningPlan.Group planned = slim.plan().groups().get(g);
      List<Integer> cut =
          IntStream.range(0, group.kept().size())
              .filter(c -> !group.kept().get(c))
              .boxed()
              .toList();
      assertThat(group.layers()).isEqualTo(planned.layers());
      assertThat(cut).isEqualTo(planned.cut());
      assertThat(cut.stream().map(group.scores()::get).toList()).isEqualTo(planned.scores());
    }
    assertThat(slim.provenance().facts())
        .containsEntry("seed", String.valueOf(SEED))
        .containsEntry("steps", String.valueOf(epochs * PER_EPOCH))
        .containsKeys("sourceDigest", "nd4jVersion", "libraryVersion", "javaVersion");
  }

  @Test
  void aWatchedRunEndsInTheSameNumbers() {
    assertThat(trained(true)).isEqualTo(trained(false));
  }

  private List<List<Double>> trained(boolean watched) {
    SameDiff graph = Nets.chain(DataType.FLOAT, SEED);
    PrunedGraph pruned = PruningTransform.builder().macsTarget(0.5).epochs(4).build().apply(graph);
    if (watched) {
      RunRecorder recorder = new RunRecorder(pruned, masked -> 0.5);
      pruned.graph().fit(new Batches(data), 4, pruned.listener(), recorder);
    } else {
      pruned.graph().fit(new Batches(data), 4, pruned.listener());
    }
    SameDiff slim = pruned.compact().graph();
    List<List<Double>> arrays = new ArrayList<>();
    slim.variables().stream()
        .filter(v -> v.getArr() != null)
        .forEach(v -> arrays.add(doubles(v.getArr().dup('c').data().asDouble())));
    return arrays;
  }

  private static List<Double> doubles(double[] values) {
    return IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
  }

  @Test
  void aLongRunIsThinnedAndKeepsItsSums() {
    PrunedGraph pruned = PruningTransform.builder().macsTarget(0.5).steps(100).build().apply(sd);
    RunRecorder recorder = new RunRecorder(pruned);
    int steps = 5 * RunRecorder.MOST_POINTS + 3;
    double sum = 0;
    for (int i = 0; i < steps; i++) {
      Loss loss = new Loss(List.of("loss"), new double[] {i % 7});
      sum += i % 7;
      recorder.iterationDone(sd, At.defaultAt(), null, loss);
    }

    List<RunHistory.Point> points = recorder.history().points();
    assertThat(points.size()).isBetween(RunRecorder.MOST_POINTS / 2, RunRecorder.MOST_POINTS);
    // 5123 steps in points of 8, and one of the last 3
    assertThat(points).hasSize(641);
    double ofPoints = 3 * points.get(640).loss();
    for (RunHistory.Point p : points.subList(0, 640)) {
      ofPoints += 8 * p.loss();
    }
    assertThat(ofPoints).isCloseTo(sum, within(1e-6));
  }

  @Test
  void aRunThatHasNotBegunHasNoPoints() {
    PrunedGraph pruned = PruningTransform.builder().macsTarget(0.5).steps(9).build().apply(sd);

    RunHistory history = new RunRecorder(pruned).history();

    assertThat(history.points()).isEmpty();
    assertThat(history.epochs()).isEmpty();
    assertThat(history.groups()).hasSameSizeAs(pruned.groups());
  }
}
