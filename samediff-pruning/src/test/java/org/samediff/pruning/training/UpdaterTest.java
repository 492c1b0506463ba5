package org.samediff.pruning.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.linalg.learning.regularization.WeightDecay;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.ScriptedCriterion;
import org.samediff.pruning.testing.Units;

class UpdaterTest {
  private static final long SEED = 47;
  private static final int STEPS = 16;

  /** AdamW is Adam with decoupled weight decay: ND4J has no class for it. */
  private record Setup(String name, IUpdater updater, Regularization... regularization) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static List<Setup> setups() {
    Regularization l2 = new L2Regularization(5e-3);
    return List.of(
        new Setup("Sgd", new Sgd(0.1)),
        new Setup("Sgd + L2", new Sgd(0.1), l2),
        new Setup("Nesterovs", new Nesterovs(0.05, 0.9)),
        new Setup("Nesterovs + L2", new Nesterovs(0.05, 0.9), l2),
        new Setup("Adam", new Adam(3e-3)),
        new Setup("Adam + L2", new Adam(3e-3), l2),
        new Setup("AdamW", new Adam(3e-3), new WeightDecay(1e-2, true)),
        new Setup("AdamW + L2", new Adam(3e-3), new WeightDecay(1e-2, true), l2),
        new Setup("AMSGrad", new AMSGrad(3e-3)),
        new Setup("RmsProp", new RmsProp(3e-3)));
  }

  static Stream<Arguments> runs() {
    return setups().stream()
        .flatMap(s -> Stream.of("chain", "resnet").map(net -> Arguments.of(s, net)));
  }

  /** Runs code at the end of a step: before or after ours, by its place in the list. */
  private static final class AtEnd extends BaseListener {
    private final Runnable code;

    AtEnd(Runnable code) {
      this.code = code;
    }

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
      code.run();
    }
  }

  private static SameDiff net(Setup setup, String net) {
    SameDiff sd = Nets.named(net, DataType.FLOAT, SEED, false);
    Nets.train(sd, setup.updater(), setup.regularization());
    return sd;
  }

  @ParameterizedTest
  @MethodSource("runs")
  void redundantUnitsReachZeroAndTheLossDoesNotTouchThem(Setup setup, String net) {
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).steps(STEPS).build().apply(net(setup, net));
    SameDiff sd = pruned.graph();
    Units units = new Units(pruned.groups());
    double[][] start = units.norms(sd);
    boolean clean = setup.regularization().length == 0;
    List<double[][]> beforeOurs = new ArrayList<>();
    List<double[][]> afterOurs = new ArrayList<>();
    List<boolean[][]> kept = new ArrayList<>();
    kept.add(pruned.kept());
    int[] checked = {0, 0};
    List<DataSet> data = Nets.data(DataType.FLOAT, SEED, STEPS, 8);

    sd.fit(
        new Batches(data),
        1,
        new AtEnd(() -> beforeOurs.add(units.norms(sd))),
        pruned.listener(),
        new AtEnd(
            () -> {
              int step = kept.size();
              boolean[][] was = kept.get(step - 1);
              boolean[][] is = pruned.kept();
              double[][] state = units.largestState(sd);
              for (int g = 0; g < is.length; g++) {
                for (int c = 0; c < is[g].length; c++) {
                  if (!was[g][c]) {
                    assertThat(beforeOurs.get(step - 1)[g][c])
                        .as("step %d: what the updater made of redundant unit %d/%d", step, g, c)
                        .isEqualTo(afterOurs.get(step - 2)[g][c]);
                  }
                  boolean justDied = was[g][c] && !is[g][c];
                  if (justDied || (clean && !is[g][c])) {
                    assertThat(state[g][c]).as("step %d, state of unit %d/%d", step, g, c).isZero();
                    checked[justDied ? 0 : 1]++;
                  }
                }
              }
              kept.add(is);
              afterOurs.add(units.norms(sd));
            }));

    assertThat(checked[0]).as("units that became redundant").isPositive();
    assertThat(checked[1] > 0).as("units that stayed redundant").isEqualTo(clean);
    double left = Math.pow(1e-4, 1.0 / (STEPS - freezeAt(pruned)));
    double expected = 0;
    double[][] last = beforeOurs.get(STEPS - 1);
    boolean[][] end = pruned.kept();
    double[][] after = units.norms(sd);
    for (int g = 0; g < end.length; g++) {
      for (int c = 0; c < end[g].length; c++) {
        if (!end[g][c]) {
          expected = Math.max(expected, last[g][c] * left / start[g][c]);
          assertThat(after[g][c]).as("unit %d/%d at the end", g, c).isZero();
        }
      }
    }
    assertThat(expected).as("seed %d, %s on %s: residual", SEED, setup, net).isBetween(1e-12, 1e-3);
    CompactedGraph slim = pruned.compact();
    assertThat(slim.report().largestResidual()).isCloseTo(expected, within(expected * 1e-3));
  }

  /** The step at which the partition of a finished run of {@link #STEPS} became final. */
  private static int freezeAt(PrunedGraph pruned) {
    assertThat(pruned.progress().phase()).isEqualTo(Phase.DONE);
    return (int) PruningSchedule.ofSteps(STEPS).steps(STEPS, 0).freezeAt();
  }

  /** Filters 0 and 1 are the worst of every layer at first, later the best. */
  private static Criterion comeback(int turn) {
    return new ScriptedCriterion(
        (step, filter, site) -> filter < 2 == step < turn ? 0.1 : 1 + filter * 0.01);
  }

  @ParameterizedTest
  @MethodSource("runs")
  void unitComesBackAndTrains(Setup setup, String net) {
    PrunedGraph pruned =
        PruningTransform.builder()
            .filtersTarget(0.2)
            .criterion(comeback(4))
            .schedule(PruningSchedule.ofSteps(60).withPhases(0, 0.05, 0.2))
            .build()
            .apply(net(setup, net));
    SameDiff sd = pruned.graph();
    Units units = new Units(pruned.groups());
    List<DataSet> data = Nets.data(DataType.FLOAT, SEED, 7, 8);

    sd.fit(new Batches(data.subList(0, 3)), 1, pruned.listener());
    assertThat(pruned.kept()[0][0]).as("first filter is redundant after 3 steps").isFalse();
    Map<String, double[]> dead = units.of(Compare.arrays(sd), 0, 0);
    sd.fit(new Batches(data.subList(3, 4)), 1, pruned.listener());
    assertThat(pruned.kept()[0][0]).as("and is back after 4").isTrue();
    Map<String, double[]> back = units.of(Compare.arrays(sd), 0, 0);
    sd.fit(new Batches(data.subList(4, 7)), 1, pruned.listener());
    Map<String, double[]> trained = units.of(Compare.arrays(sd), 0, 0);

    assertThat(pruned.progress().flips()).isPositive();
    back.forEach(
        (name, values) -> {
          double[] old = dead.get(name);
          double[] moved = trained.get(name);
          if (setup.regularization().length == 0) {
            assertThat(values)
                .as("%s: still when the masks let go of it", name)
                .containsExactly(old);
          }
          double[] turned = new double[values.length];
          for (int i = 0; i < values.length; i++) {
            turned[i] = moved[i] - values[i];
          }
          assertThat(Arrays.stream(turned).map(Math::abs).max().orElse(0))
              .as("seed %d, %s on %s: %s moves by gradient", SEED, setup, net, name)
              .isGreaterThan(0);
        });
  }

  /** Under plain gradient descent the step of a unit that is back is the gradient's, to the bit. */
  @Test
  void unitThatIsBackTakesTheGradientsStep() {
    double rate = 0.125;
    SameDiff net = Nets.resnet(DataType.FLOAT, SEED);
    Nets.train(net, new Sgd(rate));
    PrunedGraph pruned =
        PruningTransform.builder()
            .filtersTarget(0.2)
            .criterion(comeback(4))
            .schedule(PruningSchedule.ofSteps(60).withPhases(0, 0.05, 0.2))
            .build()
            .apply(net);
    SameDiff sd = pruned.graph();
    List<DataSet> data = Nets.data(DataType.FLOAT, SEED, 5, 8);
    sd.fit(new Batches(data.subList(0, 4)), 1, pruned.listener());
    assertThat(pruned.kept()[0][0]).isTrue();
    Units units = new Units(pruned.groups());
    Map<String, INDArray> before = Compare.arrays(sd);
    DataSet batch = data.get(4);
    Map<String, INDArray> gradients =
        Compare.gradients(
            sd, Map.of("x", batch.getFeatures(), "y", batch.getLabels()), Compare.parameters(sd));

    sd.fit(new Batches(List.of(batch)), 1, pruned.listener());

    Map<String, double[]> was = units.of(before, 0, 0);
    Map<String, double[]> slope = units.of(gradients, 0, 0);
    units
        .of(Compare.arrays(sd), 0, 0)
        .forEach(
            (name, now) -> {
              for (int i = 0; i < now.length; i++) {
                float step = (float) slope.get(name)[i] * (float) rate;
                assertThat((float) now[i]).as(name).isEqualTo((float) was.get(name)[i] - step);
              }
              assertThat(Arrays.stream(slope.get(name)).anyMatch(v -> v != 0)).as(name).isTrue();
            });
  }

  static Stream<Arguments> someRuns() {
    return runs().filter(r -> List.of("Sgd", "Adam + L2").contains(r.get()[0].toString()));
  }

  @ParameterizedTest
  @MethodSource("someRuns")
  void partitionMovesUntilTheFreezeAndTheGradientFunctionStays(Setup setup, String net) {
    // another filter is the worst at every step, before the freeze and after it
    Criterion restless =
        new ScriptedCriterion((step, filter, site) -> 1 + (filter + step) % site.filters());
    PrunedGraph pruned =
        PruningTransform.builder()
            .filtersTarget(0.3)
            .criterion(restless)
            .steps(STEPS)
            .build()
            .apply(net(setup, net));
    SameDiff sd = pruned.graph();
    List<boolean[][]> kept = new ArrayList<>();
    List<SameDiff> functions = new ArrayList<>();
    List<DataSet> data = Nets.data(DataType.FLOAT, SEED, STEPS, 4);
    AtEnd record =
        new AtEnd(
            () -> {
              kept.add(pruned.kept());
              functions.add(sd.getFunction("grad"));
            });

    sd.fit(new Batches(data.subList(0, 9)), 1, pruned.listener(), record);
    sd.fit(new Batches(data.subList(9, STEPS)), 1, pruned.listener(), record);

    assertThat(functions).hasSize(STEPS).containsOnly(functions.get(0));
    assertThat(functions.get(0)).isNotNull();
    int freeze = freezeAt(pruned);
    for (int step = 2; step < freeze; step++) {
      assertThat(Arrays.deepEquals(kept.get(step), kept.get(step - 1)))
          .as("step %d has another partition than step %d", step + 1, step)
          .isFalse();
    }
    for (int step = freeze; step < STEPS; step++) {
      assertThat(kept.get(step)).as("step %d", step + 1).isDeepEqualTo(kept.get(freeze - 1));
    }
  }
}
