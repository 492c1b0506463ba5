package org.samediff.pruning.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.listeners.impl.ScoreListener;
import org.nd4j.autodiff.listeners.records.History;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.ops.GradientMask;
import org.samediff.pruning.rewrite.ReservedNames;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.ScriptedCriterion;
import org.samediff.pruning.testing.Units;

class PruningListenerTest {
  private static final long SEED = 53;
  private static final DataType TYPE = DataType.FLOAT;

  private static PruningTransform half(int steps) {
    return PruningTransform.builder().macsTarget(0.5).steps(steps).build();
  }

  private static List<DataSet> data(int batches, int size) {
    return Nets.data(TYPE, SEED, batches, size);
  }

  /** Writes down the types and names of the ops of ours that a training step executes. */
  private static final class Executed extends BaseListener {
    final Set<String> maskOps = new TreeSet<>();
    final Set<String> scoreOps = new TreeSet<>();
    int iterations;

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void opExecution(
        SameDiff sd, At at, MultiDataSet batch, SameDiffOp op, OpContext context, INDArray[] out) {
      for (String name : op.getOutputsOfOp()) {
        if (ReservedNames.isOurs(name)) {
          // the gradient of a masked parameter is named after it
          boolean mask = op.getOp().opName().equals(GradientMask.OP_NAME) || name.endsWith("-grad");
          (mask ? maskOps : scoreOps).add(name);
        }
      }
    }

    @Override
    public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
      iterations++;
    }
  }

  private static boolean allKept(PrunedGraph pruned) {
    return Arrays.stream(pruned.kept())
        .allMatch(g -> IntStream.range(0, g.length).allMatch(c -> g[c]));
  }

  @ParameterizedTest
  @ValueSource(strings = {"two-factor", "taylor", "l1", "l2", "gamma", "fpgm", "random"})
  void ratioZeroTrainsAsIfItWereNotThere(String criterion) {
    SameDiff plain = Nets.vgg(TYPE, SEED);
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0)
            .criterion(Criterion.named(criterion))
            .steps(6)
            .build()
            .apply(plain);
    List<DataSet> data = data(8, 6);

    plain.fit(new Batches(data.subList(0, 6)), 1);
    pruned.graph().fit(new Batches(data.subList(0, 6)), 1, pruned.listener());
    CompactedGraph slim = pruned.compact();
    Compare.assertSameArrays("seed " + SEED + ", " + criterion, plain, slim.graph());
    assertThat(allKept(pruned)).isTrue();
    assertThat(slim.report().filtersAfter()).isEqualTo(slim.report().filtersBefore());
    assertThat(slim.report().macsAfter()).isEqualTo(slim.report().macsBefore());
    assertThat(pruned.progress().flips()).isZero();

    plain.fit(new Batches(data.subList(6, 8)), 1);
    slim.graph().fit(new Batches(data.subList(6, 8)), 1);
    Compare.assertSameArrays("trained on", plain, slim.graph());
  }

  @Test
  void worksBesideOtherListenersAndTheUsersEvaluations() {
    SameDiff plain = Nets.resnet(TYPE, SEED);
    plain.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.05, 0.9))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .trainEvaluation("probs", 0, new Evaluation())
            .build());
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0).epochs(3).build().apply(GraphCopy.of(plain));
    List<DataSet> data = data(3, 10);
    Executed executed = new Executed();

    History expected = plain.fit(new Batches(data), 3);
    History actual =
        pruned
            .graph()
            .fit(
                new Batches(data),
                3,
                new ScoreListener(1),
                executed,
                pruned.listener(),
                new ScoreListener(2));

    assertThat(executed.iterations).isEqualTo(9);
    assertThat(actual.trainingEpochs()).isEqualTo(3);
    for (int epoch = 0; epoch < 3; epoch++) {
      Evaluation e = (Evaluation) expected.trainingEval("probs").get(epoch);
      Evaluation a = (Evaluation) actual.trainingEval("probs").get(epoch);
      assertThat(a.getNumRowCounter()).isEqualTo(30);
      assertThat(a.getConfusionMatrix()).isEqualTo(e.getConfusionMatrix());
      assertThat(a.accuracy()).isEqualTo(e.accuracy());
    }
    assertThat(pruned.graph().getTrainingConfig().getTrainEvaluations())
        .as("the user's own, and nothing of ours left over")
        .containsOnlyKeys("probs");
    Compare.assertSameArrays("with evaluations", plain, pruned.compact().graph());
  }

  @Test
  void severalFitsAreOneRun() {
    PrunedGraph once = half(12).apply(Nets.resnet(TYPE, SEED));
    PrunedGraph often = half(12).apply(Nets.resnet(TYPE, SEED));
    List<DataSet> data = data(12, 8);

    once.graph().fit(new Batches(data), 1, once.listener());
    for (int i = 0; i < 12; i += 3) {
      often.graph().fit(new Batches(data.subList(i, i + 3)), 1, often.listener());
    }

    assertThat(often.kept()).isDeepEqualTo(once.kept());
    assertThat(often.progress()).isEqualTo(once.progress());
    assertThat(often.scores()).isDeepEqualTo(once.scores());
    Compare.assertSameArrays("seed " + SEED, once.graph(), often.graph());
    assertThat(allKept(once)).isFalse();
  }

  @Test
  void epochsAreCountedInTheFirstOne() {
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).epochs(4).build().apply(Nets.chain(TYPE, SEED));
    List<DataSet> data = data(3, 8);
    List<PruningProgress> seen = new ArrayList<>();
    BaseListener record =
        new BaseListener() {
          @Override
          public boolean isActive(Operation operation) {
            return true;
          }

          @Override
          public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
            seen.add(pruned.progress());
          }
        };

    for (int epoch = 0; epoch < 4; epoch++) {
      pruned.graph().fit(new Batches(data), 1, pruned.listener(), record);
    }

    assertThat(seen).extracting(PruningProgress::step).containsExactlyElementsOf(upTo(12));
    assertThat(seen.subList(0, 3))
        .allSatisfy(
            p -> {
              assertThat(p.totalSteps()).isEqualTo(-1);
              assertThat(p.phase()).isEqualTo(Phase.WARM_UP);
              assertThat(p.flips()).isZero();
            });
    assertThat(seen.subList(3, 12)).extracting(PruningProgress::totalSteps).containsOnly(12L);
    assertThat(seen).extracting(PruningProgress::phase).isSorted();
    assertThat(seen).extracting(PruningProgress::targetRatio).isSorted();
    assertThat(new LinkedHashSet<>(seen.stream().map(PruningProgress::phase).toList()))
        .containsExactly(Phase.WARM_UP, Phase.RAMP, Phase.HOLD, Phase.FROZEN, Phase.DONE);
    assertThat(seen.get(11).currentRatio()).isGreaterThanOrEqualTo(0.5);
    assertThat(pruned.compact().report().steps()).isEqualTo(12);
  }

  private static List<Long> upTo(int n) {
    return IntStream.rangeClosed(1, n).mapToObj(i -> (long) i).toList();
  }

  @Test
  void shortLastBatchIsABatch() {
    List<DataSet> data = new ArrayList<>(data(3, 8));
    data.addAll(Nets.data(TYPE, SEED + 1, 1, 3));
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).epochs(3).build().apply(Nets.resnet(TYPE, SEED));

    pruned.graph().fit(new Batches(data), 3, pruned.listener());

    assertThat(pruned.progress().step()).isEqualTo(12);
    CompactedGraph slim = pruned.compact();
    assertThat(slim.report().macsAfter()).isLessThanOrEqualTo(slim.report().macsBefore() / 2);
  }

  @Test
  void validationInsideFitChangesNothing() {
    List<DataSet> data = data(3, 8);
    List<DataSet> held = Nets.data(TYPE, SEED + 9, 2, 7);
    PrunedGraph without = validated();
    without.graph().fit(new Batches(data), 4, without.listener());
    PrunedGraph with = validated();

    History history =
        with.graph()
            .fit()
            .train(new Batches(data), 4)
            .validate(new Batches(held), 1)
            .listeners(with.listener())
            .exec();

    assertThat(history.validationEpochs()).isEqualTo(4);
    Evaluation last = (Evaluation) history.validationEval("probs").get(3);
    assertThat(last.getNumRowCounter()).isEqualTo(14);
    assertThat(with.progress()).isEqualTo(without.progress());
    assertThat(with.kept()).isDeepEqualTo(without.kept());
    Compare.assertSameArrays("seed " + SEED, without.graph(), with.graph());
  }

  private static PrunedGraph validated() {
    SameDiff sd = Nets.resnet(TYPE, SEED);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.05, 0.9))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .validationEvaluation("probs", 0, new Evaluation())
            .build());
    return PruningTransform.builder().macsTarget(0.5).epochs(4).build().apply(sd);
  }

  @Test
  void trainingBeyondTheEndKeepsRedundantUnitsAtZero() {
    SameDiff net = Nets.resnet(TYPE, SEED);
    Nets.train(net, new Nesterovs(0.05, 0.9), new L2Regularization(1e-2));
    PrunedGraph pruned = half(8).apply(net);
    Units units = new Units(pruned.groups());
    List<DataSet> data = data(14, 8);
    pruned.graph().fit(new Batches(data.subList(0, 8)), 1, pruned.listener());
    assertThat(pruned.progress().phase()).isEqualTo(Phase.DONE);
    boolean[][] kept = pruned.kept();
    double[][] before = units.norms(pruned.graph());

    pruned.graph().fit(new Batches(data.subList(8, 14)), 1, pruned.listener());

    double[][] after = units.norms(pruned.graph());
    int redundant = 0;
    for (int g = 0; g < kept.length; g++) {
      for (int c = 0; c < kept[g].length; c++) {
        if (kept[g][c]) {
          assertThat(after[g][c]).as("unit %d/%d trains", g, c).isNotEqualTo(before[g][c]);
        } else {
          redundant++;
          assertThat(after[g][c]).as("unit %d/%d", g, c).isZero();
        }
      }
    }
    assertThat(redundant).isPositive();
    assertThat(pruned.kept()).isDeepEqualTo(kept);
    pruned.compact();
  }

  @ParameterizedTest
  @ValueSource(strings = {"chain", "vgg", "resnet"})
  void highRatioLeavesTheFloor(String net) {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.99)
            .steps(8)
            .minKeptRatio(0.2)
            .build()
            .apply(Nets.named(net, TYPE, SEED, false));

    pruned.graph().fit(new Batches(data(8, 8)), 1, pruned.listener());

    boolean[][] kept = pruned.kept();
    for (ChannelGroup g : pruned.groups()) {
      long left = IntStream.range(0, g.size()).filter(c -> kept[g.index()][c]).count();
      assertThat(left).as(g.name()).isEqualTo((long) Math.ceil(0.2 * g.size()));
    }
    assertThat(pruned.compact().report().macsAfter()).isPositive();
  }

  @Test
  void layerOfOneFilterStays() {
    PrunedGraph pruned =
        PruningTransform.builder().filtersTarget(0.6).steps(8).build().apply(Nets.narrow(TYPE, 3));

    pruned.graph().fit(new Batches(data(8, 8)), 1, pruned.listener());

    ChannelGroup one = pruned.groups().get(1);
    assertThat(one.name()).isEqualTo("c2");
    assertThat(pruned.kept()[one.index()]).containsExactly(true);
    CompactedGraph slim = pruned.compact();
    assertThat(slim.report().filtersBefore()).isEqualTo(13);
    assertThat(slim.report().filtersAfter()).isEqualTo(5);
  }

  @Test
  void batchesOfOneClassMakeTheRelevanceAbstain() {
    List<DataSet> data = data(8, 8);
    for (DataSet d : data) {
      d.getLabels().assign(0).getColumn(2).assign(1);
    }
    PrunedGraph twoFactor = half(8).apply(Nets.resnet(TYPE, SEED));
    PrunedGraph effectOnly =
        PruningTransform.builder()
            .macsTarget(0.5)
            .steps(8)
            .criterion(Criterion.twoFactor(0))
            .build()
            .apply(Nets.resnet(TYPE, SEED));

    twoFactor.graph().fit(new Batches(data), 1, twoFactor.listener());
    effectOnly.graph().fit(new Batches(data), 1, effectOnly.listener());

    assertThat(twoFactor.scores()).isDeepEqualTo(effectOnly.scores());
    assertThat(twoFactor.kept()).isDeepEqualTo(effectOnly.kept());
    twoFactor.compact();
  }

  @Test
  void equalScoresGoRoundTheLayers() {
    Criterion equal = new ScriptedCriterion((step, filter, site) -> 1);
    for (double ratio : new double[] {0.25, 0.5, 0.75}) {
      PrunedGraph pruned =
          PruningTransform.builder()
              .filtersTarget(ratio)
              .criterion(equal)
              .steps(6)
              .build()
              .apply(Nets.vgg(TYPE, SEED));
      pruned.graph().fit(new Batches(data(6, 4)), 1, pruned.listener());

      boolean[][] kept = pruned.kept();
      for (ChannelGroup g : pruned.groups()) {
        int cut = (int) IntStream.range(0, g.size()).filter(c -> !kept[g.index()][c]).count();
        assertThat(cut).as("%s of %s at %s", g.name(), g.size(), ratio).isBetween(1, g.size() - 1);
        assertThat((double) cut / g.size())
            .as("%s at %s", g.name(), ratio)
            .isBetween(ratio - 1.0 / g.size(), ratio + 1.0 / g.size());
        assertThat(IntStream.range(0, cut).noneMatch(c -> kept[g.index()][c]))
            .as("lowest indices first")
            .isTrue();
      }
    }
  }

  @Test
  void deadAndConstantMapsGoFirst() {
    SameDiff net = Nets.chain(TYPE, SEED);
    Nets.train(net, new Sgd(0));
    INDArray w = net.getVariable("c1_W").getArr();
    INDArray b = net.getVariable("c1_b").getArr();
    b.putScalar(0, -100);
    for (int y = 0; y < 3; y++) {
      for (int x = 0; x < 3; x++) {
        for (int c = 0; c < 3; c++) {
          w.putScalar(new int[] {y, x, c, 1}, 0);
        }
      }
    }
    b.putScalar(1, 0.7);
    PrunedGraph pruned = PruningTransform.builder().filtersTarget(0.15).steps(8).build().apply(net);

    pruned.graph().fit(new Batches(data(8, 16)), 1, pruned.listener());

    double[] scores = pruned.scores()[0];
    assertThat(scores[0]).as("a unit whose ReLU never opens").isZero();
    assertThat(scores[1]).as("a map that says nothing about the class").isZero();
    assertThat(Arrays.stream(scores).filter(s -> s > 0).count()).isGreaterThan(3);
    assertThat(pruned.kept()[0][0]).isFalse();
    assertThat(pruned.kept()[0][1]).isFalse();
    CompactedGraph slim = pruned.compact();
    assertThat(slim.report().filtersAfter()).isEqualTo(15);
    assertThat(slim.graph().getVariable("c1_b").getArr().maxNumber().doubleValue()).isLessThan(0.7);
  }

  @Test
  void scoresCostNothingWhenNobodyAsks() {
    PrunedGraph pruned = half(8).apply(Nets.resnet(TYPE, SEED));
    List<DataSet> data = data(12, 4);
    Set<String> maskOps = new TreeSet<>();
    GraphView.of(pruned.graph()).ops().stream()
        .filter(op -> op.type().equals(GradientMask.OP_NAME))
        .forEach(op -> maskOps.addAll(op.outputs()));

    Executed without = new Executed();
    pruned.graph().fit(new Batches(data.subList(0, 1)), 1, without);
    assertThat(without.scoreOps).as("before our listener was there").isEmpty();
    assertThat(without.maskOps).containsAll(maskOps);

    Executed with = new Executed();
    pruned.graph().fit(new Batches(data.subList(0, 3)), 1, pruned.listener(), with);
    assertThat(with.scoreOps)
        .as("two for each of eight convolutions at least")
        .hasSizeGreaterThanOrEqualTo(16);

    Executed between = new Executed();
    pruned.graph().fit(new Batches(data.subList(3, 4)), 1, between);
    assertThat(between.scoreOps).as("in a fit without it").isEmpty();

    pruned.graph().fit(new Batches(data.subList(4, 9)), 1, pruned.listener());
    assertThat(pruned.progress().phase()).isEqualTo(Phase.DONE);
    Executed frozen = new Executed();
    pruned.graph().fit(new Batches(data.subList(9, 12)), 1, pruned.listener(), frozen);
    assertThat(frozen.scoreOps).as("after the freeze").isEmpty();
    assertThat(frozen.iterations).isEqualTo(3);
  }

  /** No score is computed any more then; the loss itself is no number. */
  @Test
  void aLossThatIsNoNumberIsRefusedBehindTheFreezeBeforeAnythingIsUpdated() {
    PrunedGraph pruned = half(12).apply(Nets.chain(TYPE, SEED));
    SameDiff sd = pruned.graph();
    sd.fit(new Batches(data(12, 8).subList(0, 10)), 1, pruned.listener());
    assertThat(pruned.progress().phase()).isEqualTo(Phase.FROZEN);
    Map<String, INDArray> weights = Compare.arrays(sd);
    DataSet bad = Nets.data(TYPE, SEED + 1, 1, 8).get(0);
    bad.getLabels().putScalar(0, Double.NaN);

    PruningException e =
        catchThrowableOfType(
            PruningException.class, () -> sd.fit(new Batches(List.of(bad)), 1, pruned.listener()));

    assertThat(e).isNotNull();
    assertThat(e.code()).isEqualTo(PruningException.Code.NON_FINITE);
    assertThat(e).hasMessageContaining("variable \"").hasMessageContaining("at iteration 10");
    weights.forEach((n, a) -> assertThat(sd.getVariable(n).getArr()).as(n).isEqualTo(a));
    assertThat(pruned.progress().step()).isEqualTo(10);
  }

  @ParameterizedTest
  @ValueSource(strings = {"chain", "resnet"})
  void nonFiniteDataStopsTheStepAndTrainingCanGoOn(String name) {
    SameDiff net = Nets.named(name, TYPE, SEED, false);
    Nets.train(net, new Sgd(0.05));
    PrunedGraph pruned = half(12).apply(net);
    SameDiff sd = pruned.graph();
    List<DataSet> data = data(12, 8);
    sd.fit(new Batches(data.subList(0, 5)), 1, pruned.listener());
    boolean[][] kept = pruned.kept();
    double[][] scores = pruned.scores();
    Map<String, INDArray> weights = Compare.arrays(sd);
    assertThat(allKept(pruned)).as("some units are masked already").isFalse();
    DataSet bad = Nets.data(TYPE, SEED + 1, 1, 8).get(0);
    bad.getFeatures().putScalar(7, Float.NaN);

    PruningException e =
        catchThrowableOfType(
            PruningException.class, () -> sd.fit(new Batches(List.of(bad)), 1, pruned.listener()));

    assertThat(e).isNotNull();
    assertThat(e.code()).isEqualTo(PruningException.Code.NON_FINITE);
    assertThat(e)
        .hasMessageContaining(name.equals("chain") ? "layer \"c" : "batch norm \"stem_bn\"")
        .hasMessageContaining("at iteration 5")
        .hasMessageContaining("last good mask is kept");
    assertThat(pruned.kept()).isDeepEqualTo(kept);
    assertThat(pruned.scores()).isDeepEqualTo(scores);
    assertThat(pruned.progress().step()).isEqualTo(5);
    assertMasks(pruned, kept);
    assertThat(sd.getTrainingConfig().getTrainEvaluations())
        .as("nothing of ours is left in the user's configuration")
        .satisfiesAnyOf(m -> assertThat(m).isNull(), m -> assertThat(m).isEmpty());

    weights.forEach((n, a) -> sd.getVariable(n).getArr().assign(a));
    sd.fit(new Batches(data.subList(5, 12)), 1, pruned.listener());
    assertThat(pruned.progress().phase()).isEqualTo(Phase.DONE);
    CompactedGraph slim = pruned.compact();
    assertThat(slim.report().macsAfter()).isLessThanOrEqualTo(slim.report().macsBefore() / 2);

    PrunedGraph undisturbed = half(12).apply(net);
    undisturbed.graph().fit(new Batches(data), 1, undisturbed.listener());
    assertThat(pruned.kept()).isDeepEqualTo(undisturbed.kept());
    Compare.assertSameArrays("as if it had not happened", undisturbed.graph(), sd);
  }

  /** What the mask ops read agrees with what the listener says. */
  private static void assertMasks(PrunedGraph pruned, boolean[][] kept) {
    double zeros = 0;
    for (Map.Entry<String, INDArray> e : Compare.arrays(pruned.graph()).entrySet()) {
      if (ReservedNames.isOurs(e.getKey()) && e.getKey().contains("/mask")) {
        zeros += e.getValue().length() - e.getValue().sumNumber().doubleValue();
      }
    }
    int redundant = 0;
    for (boolean[] group : kept) {
      redundant += (int) IntStream.range(0, group.length).filter(c -> !group[c]).count();
    }
    assertThat(zeros).isGreaterThanOrEqualTo(redundant);
  }
}
