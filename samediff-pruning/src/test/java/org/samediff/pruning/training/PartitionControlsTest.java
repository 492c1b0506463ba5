package org.samediff.pruning.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.Trunk;

/** Limits, rounding and ranking, on chains of convolutions c0, c1, ... of given widths. */
class PartitionControlsTest {
  private final Map<String, List<LayerLimit>> layerLimits = new HashMap<>();
  private double minKeptRatio = 0.1;
  private int minFilters = 1;
  private int roundTo = 1;
  private Ranking ranking = Ranking.GLOBAL;

  private record Net(GraphView view, ChannelAnalysis analysis) {
    static Net of(SameDiff sd) {
      Map<String, INDArray> inputs = Probe.inputs(sd, 3, 1, List.of("y"));
      GraphView view = GraphView.of(sd);
      return new Net(
          view, ChannelAnalysis.of(view, Probe.shapes(sd, inputs), 3, List.of("logits")));
    }

    /** A chain of convolutions of these widths. */
    static Net chain(int... widths) {
      Trunk t = new Trunk();
      SDVariable h = t.x;
      int in = 3;
      for (int i = 0; i < widths.length; i++) {
        h = t.relu("r" + i, t.conv("c" + i, h, in, widths[i]));
        in = widths[i];
      }
      return of(t.close(h, in));
    }

    double[][] scores(Random random) {
      return analysis.groups().stream()
          .map(g -> random.doubles(g.size()).toArray())
          .toArray(double[][]::new);
    }

    double[][] equalScores() {
      return analysis.groups().stream()
          .map(g -> IntStream.range(0, g.size()).mapToDouble(c -> 0.5).toArray())
          .toArray(double[][]::new);
    }
  }

  private Partition partition(Net net, Measure measure) {
    return new Partition(
        net.analysis(),
        measure,
        CutLimits.of(net.analysis(), minKeptRatio, minFilters, roundTo, layerLimits),
        ranking.pools(net.view(), net.analysis()));
  }

  private int[] left(Net net, double[][] scores, double ratio) {
    return left(partition(net, Measure.FILTERS).split(scores, ratio));
  }

  private void limit(String layer, double least, double most) {
    layerLimits
        .computeIfAbsent(layer, l -> new ArrayList<>())
        .add(new LayerLimit(layer, least, most));
  }

  private static int[] left(boolean[][] kept) {
    return Arrays.stream(kept)
        .mapToInt(g -> (int) IntStream.range(0, g.length).filter(c -> g[c]).count())
        .toArray();
  }

  private static void refuses(Code code, ThrowingCallable call, String... named) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContainingAll(named);
  }

  // --- what the peers get wrong ---

  @Test
  void channels24RoundedTo16KeepAMultipleOf16() {
    roundTo = 16;
    Net net = Net.chain(24, 24);
    assertThat(left(net, net.scores(new Random(1)), 0.5)).containsExactly(16, 16);
    limit("c0", 0.5, 0.5); // 12 of 24 wanted: 16 is nearer than 24
    assertThat(left(net, net.scores(new Random(1)), 0)).containsExactly(16, 24);
  }

  @Test
  void channels20RoundedTo8GoToTheNearestMultiple() {
    roundTo = 8;
    Net net = Net.chain(20, 20, 20, 20);
    limit("c0", 0.45, 0.45); // 11 wanted
    limit("c1", 0.35, 0.35); // 13 wanted
    limit("c2", 0.4, 0.4); // 12 wanted: a tie, which goes up
    limit("c3", 0.1, 0.1); // 18 wanted: a tie between 16 and the full size
    assertThat(left(net, net.scores(new Random(1)), 0)).containsExactly(8, 16, 16, 20);
  }

  @Test
  void tiesAreSpreadOverTheLayersInsteadOfEmptyingOne() {
    Net net = Net.chain(16, 16);
    for (Ranking r : Ranking.values()) {
      ranking = r;
      assertThat(left(net, net.equalScores(), 0.25)).as(r.name()).containsExactly(12, 12);
    }
  }

  @Test
  void theMostThatALayerMayLoseHoldsUnderGlobalRanking() {
    Net net = Net.chain(32, 32);
    double[][] scores = net.scores(new Random(2));
    scores[0] = Arrays.stream(scores[0]).map(s -> s * 1e-3).toArray();
    assertThat(left(net, scores, 0.45)).containsExactly(4, 31);
    limit("c0", 0, 0.5);
    limit("c1", 0, 0.5);
    assertThat(left(net, scores, 0.45)).containsExactly(16, 19);
    // where the limits do not let the target be met, they hold
    assertThat(left(net, scores, 0.9)).containsExactly(16, 16);
  }

  @Test
  void perTopologyEachKindOfLayerLosesItsShare() {
    // c0 stands alone, c1 and c2 ([3, 3, 16, 16]) are alike; c3 is not: it reads 16, writes 32
    Net net = Net.chain(16, 16, 16, 32);
    ranking = Ranking.PER_TOPOLOGY;
    assertThat(ranking.pools(net.view(), net.analysis())).containsExactly(0, 1, 1, 2);
    double[][] scores = net.scores(new Random(3));
    // scores of other kinds are of another size and do not matter; within a kind they do
    scores[0] = Arrays.stream(scores[0]).map(s -> s * 1e6).toArray();
    scores[1] = Arrays.stream(scores[1]).map(s -> 0.4 + s).toArray();
    int[] left = left(net, scores, 0.5);
    assertThat(left[0]).isEqualTo(8);
    assertThat(left[3]).isEqualTo(16);
    assertThat(left[1] + left[2]).isEqualTo(16);
    assertThat(left[1]).as("its scores are higher").isGreaterThan(left[2]);
    // the same net with its pool at a floor: what the pool cannot give, all pools give
    scores[1] = Arrays.stream(scores[1]).map(s -> 1 + s).toArray();
    left = left(net, scores, 0.5);
    assertThat(left[2]).isEqualTo(2);
    assertThat(Arrays.stream(left).sum()).isEqualTo(40);
  }

  // --- ranking ---

  @Test
  void localTakesTheSameShareOfEveryGroupAndItsLowestChannels() {
    ranking = Ranking.LOCAL;
    Net net = Net.chain(8, 16, 32);
    double[][] scores = net.scores(new Random(4));
    scores[2] = Arrays.stream(scores[2]).map(s -> s * 1e-6).toArray();
    for (double ratio : new double[] {0.25, 0.5, 0.75}) {
      boolean[][] kept = partition(net, Measure.FILTERS).split(scores, ratio);
      for (int g = 0; g < kept.length; g++) {
        int n = (int) Math.round((1 - ratio) * kept[g].length);
        double[] sorted = Arrays.stream(scores[g]).sorted().toArray();
        for (int c = 0; c < kept[g].length; c++) {
          assertThat(kept[g][c]).isEqualTo(scores[g][c] >= sorted[kept[g].length - n]);
        }
      }
    }
  }

  @Test
  void theRankingDoesNotDependOnScoresInOtherPools() {
    ranking = Ranking.LOCAL;
    Net net = Net.chain(10, 14, 9);
    double[][] scores = net.scores(new Random(5));
    boolean[][] kept = partition(net, Measure.FILTERS).split(scores, 0.4);
    // nothing but the order within each group may matter, but for ties between equal shares
    for (int g = 0; g < scores.length; g++) {
      double factor = Math.pow(1000, g - 1);
      scores[g] = Arrays.stream(scores[g]).map(s -> s * factor).toArray();
    }
    int[] before = left(kept);
    int[] after = left(partition(net, Measure.FILTERS).split(scores, 0.4));
    for (int g = 0; g < before.length; g++) {
      assertThat(after[g]).isBetween(before[g] - 1, before[g] + 1);
    }
  }

  @Test
  void layersThatAreAlikeButForMembersAreOtherTopologies() {
    Net net = Net.of(Nets.resnet(DataType.FLOAT, 7));
    // stem + a_c2, a_c1, b_c1, b_c2 + b_c3 + c_c2, c_c1
    assertThat(Ranking.PER_TOPOLOGY.pools(net.view(), net.analysis()))
        .containsExactly(0, 1, 2, 3, 4);
    assertThat(Ranking.GLOBAL.pools(net.view(), net.analysis())).containsOnly(0);
    assertThat(Ranking.LOCAL.pools(net.view(), net.analysis())).containsExactly(0, 1, 2, 3, 4);
  }

  // --- layer limits ---

  @Test
  void anExactShareHoldsWhateverTheTargetAsks() {
    limit("c1", 0.25, 0.25);
    Net net = Net.chain(8, 16, 8);
    double[][] scores = net.scores(new Random(6));
    for (double ratio : new double[] {0, 0.1, 0.5, 0.9}) {
      boolean[][] kept = partition(net, Measure.FILTERS).split(scores, ratio);
      assertThat(left(kept)[1]).as("ratio %f", ratio).isEqualTo(12);
      double[] sorted = Arrays.stream(scores[1]).sorted().toArray();
      for (int c = 0; c < 16; c++) {
        assertThat(kept[1][c]).isEqualTo(scores[1][c] >= sorted[4]);
      }
    }
    assertThat(left(net, scores, 0)).containsExactly(8, 12, 8);
  }

  @Test
  void anExactShareIsTheNearestWholeNumber() {
    limit("c0", 0.5, 0.5); // 2.5 of 5 stay: half a channel stays
    limit("c1", 0.3, 0.3); // 7 of 10, not 6 by rounding
    limit("c2", 0.9, 0.9); // 0.7 of 7
    limit("c3", 0, 0);
    Net net = Net.chain(5, 10, 7, 6);
    minKeptRatio = 0.01;
    assertThat(left(net, net.scores(new Random(7)), 0.5)).containsExactly(3, 7, 1, 6);
  }

  @Test
  void limitsAreReachedAlongTheRamp() {
    limit("c0", 0.5, 0.5);
    limit("c1", 0.25, 0.75);
    Net net = Net.chain(16, 16);
    Partition partition = partition(net, Measure.FILTERS);
    double[][] scores = net.scores(new Random(8));
    int[][] expected = {{16, 16}, {14, 15}, {12, 14}, {10, 13}, {8, 12}};
    for (int i = 0; i <= 4; i++) {
      assertThat(left(partition.split(scores, 0, i / 4.0))).containsExactly(expected[i]);
    }
  }

  @Test
  void whatLimitsDemandCountsTowardsTheBudget() {
    limit("c1", 0.5, 0.5);
    Net net = Net.chain(16, 16);
    double[][] scores = net.scores(new Random(9));
    scores[1] = Arrays.stream(scores[1]).map(s -> 10 + s).toArray();
    assertThat(left(net, scores, 0.25)).containsExactly(16, 8);
    assertThat(left(net, scores, 0.375)).containsExactly(12, 8);
  }

  @Test
  void theHighestShareLeavesWhatTheLimitsSay() {
    limit("c0", 0, 0.5);
    limit("c1", 0.1, 0.3);
    Net net = Net.chain(16, 10, 20);
    for (Measure measure : EnumSet.range(Measure.FILTERS, Measure.MACS)) {
      Partition partition = partition(net, measure);
      assertThat(partition.floors()).containsExactly(8, 7, 2);
      assertThat(left(partition.split(net.scores(new Random(1)), 0.999)))
          .isEqualTo(partition.floors());
      long least = partition.cost();
      assertThat(partition.leastCost()).isEqualTo(least);
    }
  }

  @Test
  void contradictionsNameBothSides() {
    Net resnet = Net.of(Nets.resnet(DataType.FLOAT, 7));
    limit("stem", 0.25, 0.25);
    limit("a_c2", 0.5, 0.75);
    refuses(
        Code.BAD_OPTION,
        () -> partition(resnet, Measure.MACS),
        "stem + a_c2, 8 channels that are cut together",
        "layerRatioBetween(\"a_c2\", 0.5, 0.75) removes at least 4",
        "layerRatio(\"stem\", 0.25) lets go of 2 at most");

    layerLimits.clear();
    limit("stem", 0.5, 0.5);
    limit("a_c2", 0, 0.25);
    refuses(
        Code.BAD_OPTION,
        () -> partition(resnet, Measure.MACS),
        "layerRatio(\"stem\", 0.5) removes at least 4",
        "layerRatioBetween(\"a_c2\", 0.0, 0.25) lets go of 2 at most");

    layerLimits.clear();
    limit("c0", 0.95, 0.95);
    Net chain = Net.chain(20, 4);
    refuses(
        Code.BAD_OPTION,
        () -> partition(chain, Measure.MACS),
        "c0, 20 channels:",
        "layerRatio(\"c0\", 0.95) removes at least 19",
        "the floor of 2 (minKeptRatio(0.1), minFilters(1)) lets go of 18 at most");

    layerLimits.clear();
    limit("c1", 0.3, 0.4);
    refuses(
        Code.BAD_OPTION,
        () -> partition(chain, Measure.MACS),
        "c1, 4 channels",
        "layerRatioBetween(\"c1\", 0.3, 0.4) allows no whole number");

    layerLimits.clear();
    limit("c0", 0.25, 0.35);
    roundTo = 8;
    refuses(
        Code.BAD_OPTION,
        () -> partition(chain, Measure.MACS),
        "roundTo(8): no multiple lies between 13",
        "and 15");
  }

  @Test
  void limitsOfTiedLayersThatAgreeBothHold() {
    Net net = Net.of(Nets.resnet(DataType.FLOAT, 7));
    limit("stem", 0, 0.5);
    limit("a_c2", 0.25, 1);
    double[][] scores = net.scores(new Random(2));
    assertThat(left(net, scores, 0)[0]).isEqualTo(6);
    assertThat(left(net, scores, 0.99)[0]).isEqualTo(4);
  }

  @Test
  void sharesOutOfRange() {
    for (double[] bad :
        new double[][] {{-0.1, 0.5}, {0.6, 0.5}, {0, 1.1}, {1, 1}, {Double.NaN, 0.5}}) {
      refuses(
          Code.BAD_OPTION,
          () -> new LayerLimit("c1", bad[0], bad[1]),
          "\"c1\"",
          String.valueOf(bad[0]),
          "0 <= least <= most <= 1");
    }
  }

  // --- rounding ---

  @Test
  void aLayerWithoutAMultipleBetweenFloorAndSizeKeepsEverything() {
    roundTo = 16;
    minFilters = 17;
    Net net = Net.chain(12, 24, 40);
    double[][] scores = net.scores(new Random(3));
    Partition partition = partition(net, Measure.FILTERS);
    assertThat(partition.floors()).containsExactly(12, 24, 32);
    assertThat(left(partition.split(scores, 0.9))).containsExactly(12, 24, 32);
  }

  @Test
  void boundsOfALayerAreRoundedInwards() {
    roundTo = 8;
    limit("c0", 0.3, 0.8); // 6 to 22 stay: 8 or 16
    Net net = Net.chain(32, 32);
    limit("c1", 0.1, 0.6); // 13 to 28 stay: 16 or 24
    double[][] scores = net.scores(new Random(4));
    assertThat(left(net, scores, 0)).containsExactly(16, 24);
    assertThat(left(net, scores, 0.99)).containsExactly(8, 16);
  }

  @Test
  void roundingIsTheSmallestCutThatFitsAsABruteForceSearchFindsIt() {
    for (int seed = 0; seed < 150; seed++) {
      Random random = new Random(seed);
      int[] widths = random.ints(1 + random.nextInt(3), 1, 40).toArray();
      roundTo = 2 + random.nextInt(16);
      minKeptRatio = 0.02 + 0.5 * random.nextDouble();
      minFilters = 1 + random.nextInt(4);
      Measure measure = Measure.values()[random.nextInt(3)];
      double ratio = random.nextDouble();
      Net net = Net.chain(widths);
      double[][] scores = net.scores(random);
      String what =
          String.format(
              "seed %d: widths %s, round %d, minKept %f/%d, %s, ratio %f",
              seed, Arrays.toString(widths), roundTo, minKeptRatio, minFilters, measure, ratio);

      Partition partition = partition(net, measure);
      boolean[][] kept = partition.split(scores, ratio);
      boolean[][] expected = bruteForce(net, scores, measure, ratio);
      assertThat(kept).as(what).isDeepEqualTo(expected);
      assertThat(partition.cost())
          .as(what)
          .isEqualTo(net.analysis().cost().cost(measure, expected));
    }
  }

  /** The first of all cuts, shallowest first, whose rounded result fits; else the last. */
  private boolean[][] bruteForce(Net net, double[][] scores, Measure measure, double ratio) {
    List<int[]> channels = new ArrayList<>();
    for (int g = 0; g < scores.length; g++) {
      for (int c = 0; c < scores[g].length; c++) {
        channels.add(new int[] {g, c});
      }
    }
    channels.sort(Comparator.comparingDouble(at -> (float) scores[at[0]][at[1]]));
    int[] left = Arrays.stream(scores).mapToInt(s -> s.length).toArray();
    double budget = (1 - ratio) * net.analysis().cost().total(measure) + 1e-9;
    boolean[][] kept = roundedTo(scores, left);
    for (int[] at : channels) {
      if (net.analysis().cost().cost(measure, kept) <= budget) {
        break;
      }
      if (left[at[0]] > feasible(scores[at[0]].length).first()) {
        left[at[0]]--;
        kept = roundedTo(scores, left);
      }
    }
    return kept;
  }

  private boolean[][] roundedTo(double[][] scores, int[] left) {
    boolean[][] kept = new boolean[scores.length][];
    for (int g = 0; g < scores.length; g++) {
      int wanted = left[g];
      int nearest =
          feasible(scores[g].length).stream()
              .min(
                  Comparator.comparingInt((Integer n) -> Math.abs(n - wanted))
                      .thenComparing(Comparator.reverseOrder()))
              .orElseThrow();
      double[] sorted = Arrays.stream(scores[g]).sorted().toArray();
      kept[g] = new boolean[scores[g].length];
      for (int c = 0; c < kept[g].length; c++) {
        kept[g][c] = scores[g][c] >= sorted[kept[g].length - nearest];
      }
    }
    return kept;
  }

  /** Multiples from floor to size, and the size. */
  private TreeSet<Integer> feasible(int size) {
    int floor = Math.min(size, Math.max(minFilters, (int) Math.ceil(minKeptRatio * size)));
    TreeSet<Integer> result = new TreeSet<>(Set.of(size));
    for (int n = floor; n <= size; n++) {
      if (n % roundTo == 0) {
        result.add(n);
      }
    }
    return result;
  }

  // --- scores ---

  @Test
  void aScoreThatIsNoNumberIsRefusedByName() {
    Net net = Net.chain(8, 8);
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -1}) {
      double[][] scores = net.scores(new Random(1));
      scores[1][3] = bad;
      refuses(
          Code.NON_FINITE, () -> left(net, scores, 0.5), "channel 3 of c1", String.valueOf(bad));
    }
  }
}
