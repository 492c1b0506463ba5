package org.samediff.pruning.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Nets;

class PartitionTest {
  // groups of 8, 8, 12, 12 and 12 channels
  private static final ChannelAnalysis RESNET = analyse(Nets.resnet(DataType.FLOAT, 7));
  private static final ChannelAnalysis CHAIN = analyse(Nets.chain(DataType.FLOAT, 7));

  private static ChannelAnalysis analyse(SameDiff sd) {
    Map<String, INDArray> inputs = Probe.inputs(sd, 3, 1, List.of("y"));
    return ChannelAnalysis.of(GraphView.of(sd), Probe.shapes(sd, inputs), 3, List.of("logits"));
  }

  private static double[][] scores(ChannelAnalysis analysis, DoubleSupplier next) {
    return analysis.groups().stream()
        .map(g -> IntStream.range(0, g.size()).mapToDouble(c -> next.getAsDouble()).toArray())
        .toArray(double[][]::new);
  }

  private static int[] left(boolean[][] kept) {
    return Arrays.stream(kept)
        .mapToInt(g -> (int) IntStream.range(0, g.length).filter(c -> g[c]).count())
        .toArray();
  }

  @Test
  void floorsComeFromShareAndNumber() {
    assertThat(new Partition(RESNET, Measure.FILTERS, 0.1, 1).floors())
        .containsExactly(1, 1, 2, 2, 2);
    assertThat(new Partition(RESNET, Measure.FILTERS, 0.1, 5).floors())
        .containsExactly(5, 5, 5, 5, 5);
    assertThat(new Partition(RESNET, Measure.FILTERS, 0.5, 5).floors())
        .containsExactly(5, 5, 6, 6, 6);
    assertThat(new Partition(RESNET, Measure.FILTERS, 1e-9, 1).floors()).containsOnly(1);
    assertThat(new Partition(RESNET, Measure.FILTERS, 0.1, 100).floors())
        .containsExactly(8, 8, 12, 12, 12);
    assertThat(new Partition(RESNET, Measure.FILTERS, 1, 1).floors())
        .containsExactly(8, 8, 12, 12, 12);
    // 0.25 * 12 is 3 and not, by rounding, 4
    assertThat(new Partition(RESNET, Measure.FILTERS, 0.25, 1).floors())
        .containsExactly(2, 2, 3, 3, 3);
  }

  @ParameterizedTest
  @EnumSource(value = Measure.class, names = "LATENCY", mode = EnumSource.Mode.EXCLUDE)
  void theBudgetIsMetByTheFewestOfTheLowestOrOnlyFloorsAreLeft(Measure measure) {
    for (int seed = 0; seed < 40; seed++) {
      Random random = new Random(seed);
      double ratio = random.nextDouble() * 0.99;
      ChannelAnalysis analysis = seed % 2 == 0 ? RESNET : CHAIN;
      Partition partition =
          new Partition(analysis, measure, 0.05 + 0.3 * random.nextDouble(), 1 + random.nextInt(3));
      double[][] scores = scores(analysis, random::nextDouble);
      boolean[][] kept = partition.split(scores, ratio);

      String what = String.format("%s, seed %d, ratio %f", measure, seed, ratio);
      long total = analysis.cost().total(measure);
      long cost = analysis.cost().cost(measure, kept);
      assertThat(partition.cost()).as(what).isEqualTo(cost);
      int[] left = left(kept);
      int[] floors = partition.floors();
      for (int g = 0; g < left.length; g++) {
        assertThat(left[g]).as(what).isGreaterThanOrEqualTo(floors[g]);
      }
      boolean met = cost <= (1 - ratio) * total + 1e-9;
      assertThat(met || Arrays.equals(left, floors)).as(what).isTrue();
      assertThat(partition.leastCost()).as(what).isLessThanOrEqualTo(cost);
      if (met) {
        assertThatTheLastCutWasNeeded(what, analysis, measure, scores, kept, (1 - ratio) * total);
      }
      assertThatLowestGoFirst(what, scores, kept, left, floors);
    }
  }

  private static void assertThatTheLastCutWasNeeded(
      String what,
      ChannelAnalysis analysis,
      Measure measure,
      double[][] scores,
      boolean[][] kept,
      double budget) {
    int group = -1;
    int channel = -1;
    for (int g = 0; g < kept.length; g++) {
      for (int c = 0; c < kept[g].length; c++) {
        if (!kept[g][c] && (group < 0 || scores[g][c] > scores[group][channel])) {
          group = g;
          channel = c;
        }
      }
    }
    if (group >= 0) {
      kept[group][channel] = true;
      assertThat((double) analysis.cost().cost(measure, kept)).as(what).isGreaterThan(budget);
      kept[group][channel] = false;
    }
  }

  /** No kept channel of a layer above its floor scores less than one that was cut anywhere. */
  private static void assertThatLowestGoFirst(
      String what, double[][] scores, boolean[][] kept, int[] left, int[] floors) {
    double highestCut = 0;
    for (int g = 0; g < kept.length; g++) {
      for (int c = 0; c < kept[g].length; c++) {
        highestCut = kept[g][c] ? highestCut : Math.max(highestCut, scores[g][c]);
      }
    }
    for (int g = 0; g < kept.length; g++) {
      double highestCutHere = 0;
      double lowestKept = 1;
      for (int c = 0; c < kept[g].length; c++) {
        if (kept[g][c]) {
          lowestKept = Math.min(lowestKept, scores[g][c]);
        } else {
          highestCutHere = Math.max(highestCutHere, scores[g][c]);
        }
      }
      assertThat(lowestKept).as(what).isGreaterThan(highestCutHere);
      if (left[g] > floors[g]) {
        assertThat(lowestKept).as(what).isGreaterThan(highestCut);
      }
    }
  }

  @Test
  void ratioZeroKeepsAllAndTheHighestLeavesTheFloors() {
    for (Measure measure : EnumSet.range(Measure.FILTERS, Measure.MACS)) {
      Partition partition = new Partition(RESNET, measure, 0.1, 1);
      double[][] scores = scores(RESNET, new Random(3)::nextDouble);

      assertThat(partition.split(scores, 0)).isDeepEqualTo(RESNET.allKept());
      assertThat(partition.cost()).isEqualTo(RESNET.cost().total(measure));
      assertThat(left(partition.split(scores, Math.nextDown(1.0)))).isEqualTo(partition.floors());
      long cost = partition.cost();
      assertThat(partition.leastCost()).isEqualTo(cost);
      assertThat(partition.cost()).isEqualTo(cost);
    }
  }

  @Test
  void leastCostDoesNotDisturbWhatTheLastSplitLeft() {
    Partition partition = new Partition(RESNET, Measure.MACS, 0.1, 1);
    partition.split(scores(RESNET, new Random(3)::nextDouble), 0.3);
    long cost = partition.cost();

    assertThat(partition.leastCost()).isLessThan(cost);
    assertThat(partition.cost()).isEqualTo(cost);
  }

  @Test
  void equalScoresAreCutFromEveryLayerInProportion() {
    for (double score : new double[] {0, 1, 1e-30}) {
      for (double ratio : new double[] {0.25, 0.5, 0.75}) {
        Partition partition = new Partition(RESNET, Measure.FILTERS, 0.1, 1);
        int[] left = left(partition.split(scores(RESNET, () -> score), ratio));
        for (ChannelGroup g : RESNET.groups()) {
          assertThat((double) left[g.index()] / g.size())
              .as("%s at score %g, ratio %f", g.name(), score, ratio)
              .isBetween(1 - ratio - 1.0 / g.size(), 1 - ratio + 1.0 / g.size());
        }
      }
    }
  }

  @Test
  void zerosOfEitherSignAreTheLowestScoresAndTheSame() {
    Partition partition = new Partition(CHAIN, Measure.FILTERS, 0.1, 1);
    double[][] zeros = scores(CHAIN, new Random(4)::nextDouble);
    zeros[0][3] = 0;
    zeros[1][6] = 0;
    double[][] negative = {zeros[0].clone(), zeros[1].clone()};
    negative[0][3] = -0.0;
    boolean[][] kept = partition.split(zeros, 2.0 / 18);

    assertThat(kept[0][3]).isFalse();
    assertThat(kept[1][6]).isFalse();
    assertThat(left(kept)).containsExactly(7, 9);
    assertThat(partition.split(negative, 2.0 / 18)).isDeepEqualTo(kept);
  }

  @Test
  void theSameScoresGiveTheSameSplitAgainAndInAnotherInstance() {
    Partition partition = new Partition(RESNET, Measure.MACS, 0.1, 1);
    double[][] scores = scores(RESNET, new Random(5)::nextDouble);
    // half of them equal
    for (double[] group : scores) {
      for (int c = 0; c < group.length; c += 2) {
        group[c] = 0.25;
      }
    }
    boolean[][] first = partition.split(scores, 0.5);
    boolean[][] copy = Arrays.stream(first).map(boolean[]::clone).toArray(boolean[][]::new);
    partition.split(scores(RESNET, new Random(6)::nextDouble), 0.8);

    assertThat(first).as("a later split leaves it alone").isDeepEqualTo(copy);
    assertThat(partition.split(scores, 0.5)).isDeepEqualTo(copy);
    assertThat(new Partition(RESNET, Measure.MACS, 0.1, 1).split(scores, 0.5)).isDeepEqualTo(copy);
  }

  @Test
  void tiesWithinALayerGoByIndex() {
    boolean[][] kept =
        new Partition(CHAIN, Measure.FILTERS, 0.1, 1).split(scores(CHAIN, () -> 1), 0.5);

    for (boolean[] group : kept) {
      int firstKept =
          IntStream.range(0, group.length).filter(c -> group[c]).findFirst().orElseThrow();
      assertThat(IntStream.range(firstKept, group.length)).allMatch(c -> group[c]);
    }
  }

  @Test
  void aGroupCountsAllItsMembersFilters() {
    // the first group is stem and a_c2: one channel is two filters of 84
    double[][] scores = scores(RESNET, () -> 1);
    Arrays.fill(scores[0], 0, 3, 0);
    Partition partition = new Partition(RESNET, Measure.FILTERS, 0.1, 1);

    assertThat(left(partition.split(scores, 5.0 / 84))).containsExactly(5, 8, 12, 12, 12);
    assertThat(partition.cost()).isEqualTo(78);
  }
}
