package org.samediff.pruning.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.graph.GradientFunction;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.rewrite.ScoreSite;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.Trunk;

/** Every criterion's scores over several steps against plain loops. */
class CriterionScoresTest {
  private static final long SEED = 21;
  private static final int STEPS = 4;
  private static final ScoringOptions OPTIONS = new ScoringOptions(0.8, 5);

  static Stream<Arguments> nets() {
    return Stream.of(
        Arguments.of("chain", DataType.FLOAT, false),
        Arguments.of("chain", DataType.DOUBLE, false),
        Arguments.of("chain", DataType.FLOAT, true),
        Arguments.of("chain", DataType.DOUBLE, true),
        Arguments.of("resnet", DataType.FLOAT, false),
        Arguments.of("resnet", DataType.DOUBLE, false),
        Arguments.of("resnet", DataType.FLOAT, true),
        Arguments.of("resnet", DataType.DOUBLE, true));
  }

  /** Three batches of nine and, last, a short one of five. */
  private static List<DataSet> batches(DataType type, boolean nhwc) {
    List<DataSet> data = new ArrayList<>(Nets.data(type, SEED, STEPS - 1, 9, nhwc));
    data.addAll(Nets.data(type, SEED + 1, 1, 5, nhwc));
    return data;
  }

  private static double tolerance(DataType type) {
    return type == DataType.DOUBLE ? 1e-10 : 1e-4;
  }

  private static void compare(ScoreBench bench, int site, double[] expected, DataType type) {
    double[] actual = bench.scorers.get(site).score();
    String what = bench.sites.get(site).layer() + ", seed " + SEED;
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int k = 0; k < expected.length; k++) {
      assertThat(actual[k])
          .as("%s, filter %d", what, k)
          .isCloseTo(expected[k], within(tolerance(type)));
    }
  }

  @ParameterizedTest(name = "{0} {1} nhwc={2}")
  @MethodSource("nets")
  void twoFactor(String net, DataType type, boolean nhwc) {
    for (double tau : new double[] {0, 0.5, 1}) {
      ScoreBench bench =
          new ScoreBench(ScoreBench.net(net, type, nhwc), Criterion.twoFactor(tau), OPTIONS);
      List<ScoreBench.Step> steps = run(bench, type, nhwc);
      for (int s = 0; s < bench.sites.size(); s++) {
        ScoreSite site = bench.sites.get(s);
        List<double[]> effects = new ArrayList<>();
        List<References.Responses> responses = new ArrayList<>();
        for (ScoreBench.Step step : steps) {
          double[][][] map = step.map(site.map(), site);
          effects.add(
              perFilter(References.effect(map, step.map(bench.gradient(site), site)), true));
          responses.add(
              new References.Responses(References.response(map), References.rows(step.labels())));
        }
        double[] l = References.byMean(References.movingAverage(effects, OPTIONS.decay()));
        double[] r = References.byMean(References.relevance(responses, OPTIONS.decay()));
        double[] expected = new double[l.length];
        for (int k = 0; k < l.length; k++) {
          expected[k] = l[k] * (tau == 0 ? 1 : Math.pow(r[k], tau));
        }
        assertThat(Arrays.stream(expected).sum()).isPositive();
        compare(bench, s, References.byMean(expected), type);
      }
    }
  }

  private static List<ScoreBench.Step> run(ScoreBench bench, DataType type, boolean nhwc) {
    List<ScoreBench.Step> steps = new ArrayList<>();
    long seed = SEED;
    for (DataSet batch : batches(type, nhwc)) {
      steps.add(bench.step(batch));
      bench.moveWeights(seed++);
    }
    return steps;
  }

  /** Mean over examples of |t|, or |sum over examples of t|. */
  private static double[] perFilter(double[][] t, boolean meanOfMagnitudes) {
    double[] result = new double[t[0].length];
    for (int k = 0; k < result.length; k++) {
      for (double[] example : t) {
        result[k] += meanOfMagnitudes ? Math.abs(example[k]) / t.length : example[k];
      }
      result[k] = Math.abs(result[k]);
    }
    return result;
  }

  @ParameterizedTest(name = "{0} {1} nhwc={2}")
  @MethodSource("nets")
  void taylor(String net, DataType type, boolean nhwc) {
    ScoreBench bench = new ScoreBench(ScoreBench.net(net, type, nhwc), Criterion.taylor(), OPTIONS);
    List<ScoreBench.Step> steps = run(bench, type, nhwc);
    for (int s = 0; s < bench.sites.size(); s++) {
      ScoreSite site = bench.sites.get(s);
      List<double[]> effects = new ArrayList<>();
      for (ScoreBench.Step step : steps) {
        effects.add(
            perFilter(
                References.effect(step.map(site.map(), site), step.map(bench.gradient(site), site)),
                false));
      }
      compare(
          bench, s, References.byMean(References.movingAverage(effects, OPTIONS.decay())), type);
    }
  }

  @ParameterizedTest(name = "{0} {1} nhwc={2}")
  @MethodSource("nets")
  void l1(String net, DataType type, boolean nhwc) {
    byWeights(net, type, nhwc, Criterion.l1(), f -> Arrays.stream(f).map(Math::abs).sum());
  }

  @ParameterizedTest(name = "{0} {1} nhwc={2}")
  @MethodSource("nets")
  void l2(String net, DataType type, boolean nhwc) {
    byWeights(
        net, type, nhwc, Criterion.l2(), f -> Math.sqrt(Arrays.stream(f).map(w -> w * w).sum()));
  }

  private static void byWeights(
      String net, DataType type, boolean nhwc, Criterion criterion, ToDoubleFunction<double[]> of) {
    ScoreBench bench = new ScoreBench(ScoreBench.net(net, type, nhwc), criterion, OPTIONS);
    check(
        bench,
        type,
        nhwc,
        site ->
            Arrays.stream(References.filters(bench.values(site.weights()), site))
                .mapToDouble(of)
                .toArray());
  }

  @ParameterizedTest(name = "{0} {1} nhwc={2}")
  @MethodSource("nets")
  void fpgm(String net, DataType type, boolean nhwc) {
    ScoreBench bench = new ScoreBench(ScoreBench.net(net, type, nhwc), Criterion.fpgm(), OPTIONS);
    check(bench, type, nhwc, site -> distances(bench.values(site.weights()), site));
  }

  private static double[] distances(double[] weights, ScoreSite site) {
    double[][] filters = References.filters(weights, site);
    double[] sums = new double[filters.length];
    for (int i = 0; i < filters.length; i++) {
      for (double[] other : filters) {
        double squared = 0;
        for (int j = 0; j < other.length; j++) {
          squared += (filters[i][j] - other[j]) * (filters[i][j] - other[j]);
        }
        sums[i] += Math.sqrt(squared);
      }
    }
    return sums;
  }

  @ParameterizedTest(name = "{0} {1} nhwc={2}")
  @MethodSource("nets")
  void gamma(String net, DataType type, boolean nhwc) {
    // chain has no batch norm: vgg stands in, whose layout is NCHW only
    boolean chain = net.equals("chain");
    ScoreBench bench =
        new ScoreBench(ScoreBench.net(chain ? "vgg" : net, type, nhwc), Criterion.gamma(), OPTIONS);
    for (ScoreSite site : bench.sites) {
      bench.sd.getVariable(site.gamma().orElseThrow()).getArr().putScalar(1, -0.7);
    }
    check(
        bench,
        type,
        nhwc && !chain,
        site -> Arrays.stream(bench.values(site.gamma().orElseThrow())).map(Math::abs).toArray());
  }

  /** Runs the steps, computing each step's values before the weights move. */
  private static void check(
      ScoreBench bench, DataType type, boolean nhwc, Function<ScoreSite, double[]> perStep) {
    List<List<double[]>> values = new ArrayList<>();
    bench.sites.forEach(s -> values.add(new ArrayList<>()));
    long seed = SEED;
    for (DataSet batch : batches(type, nhwc)) {
      for (int s = 0; s < values.size(); s++) {
        values.get(s).add(perStep.apply(bench.sites.get(s)));
      }
      bench.step(batch);
      bench.moveWeights(seed++);
    }
    for (int s = 0; s < values.size(); s++) {
      compare(
          bench,
          s,
          References.byMean(References.movingAverage(values.get(s), OPTIONS.decay())),
          type);
    }
  }

  @Test
  void weightNormsReadOtherWeightsFormatsAlongTheirFilterAxis() {
    for (WeightsFormat format : WeightsFormat.values()) {
      Trunk t = new Trunk();
      SameDiff sd = t.close(t.relu("r", t.conv("odd", t.x, format, 3, 5)), 5);
      ScoreSite site = ScoreBench.sites(sd).get(0);
      assertThat(site.filterAxis()).isEqualTo(format == WeightsFormat.YXIO ? 3 : 0);
      double[] w = sd.getVariable("odd_W").getArr().dup('c').data().asDouble();
      double[] l1 =
          Arrays.stream(References.filters(w, site))
              .mapToDouble(f -> Arrays.stream(f).map(Math::abs).sum())
              .toArray();
      assertThat(byWeights(sd, site, Criterion.l1()))
          .as(format.name())
          .containsExactly(References.byMean(l1), within(1e-12));
      assertThat(byWeights(sd, site, Criterion.fpgm()))
          .as(format.name())
          .containsExactly(References.byMean(distances(w, site)), within(1e-12));
    }
  }

  private static double[] byWeights(SameDiff sd, ScoreSite site, Criterion criterion) {
    SiteScorer scorer = criterion.at(site, OPTIONS);
    scorer.step(new Observation(0, name -> sd.getVariable(name).getArr(), null, null));
    return scorer.score();
  }

  @Test
  void randomIsDrawnOnceFromSeedAndName() {
    List<ScoreSite> sites = ScoreBench.sites(Nets.resnet(DataType.FLOAT, 7));
    for (ScoreSite site : sites) {
      SiteScorer scorer = Criterion.random().at(site, new ScoringOptions(0.9, 3));
      double[] score = scorer.score();
      // the contract: java.util.Random from seed * 31 + hash of the name, then divided by the mean
      Random random = new Random(3 * 31 + site.layer().hashCode());
      double[] expected = new double[site.filters()];
      for (int k = 0; k < expected.length; k++) {
        expected[k] = random.nextDouble();
      }
      assertThat(score).containsExactly(References.byMean(expected), within(1e-12));

      scorer.step(new Observation(0, name -> null, null, null));
      score[0] = 99;
      assertThat(scorer.score()).containsExactly(References.byMean(expected), within(1e-12));
      assertThat(Criterion.random().at(site, new ScoringOptions(0.9, 4)).score())
          .isNotEqualTo(scorer.score());
    }
    assertThat(score(sites.get(0))).isNotEqualTo(score(sites.get(1)));
  }

  private static double[] score(ScoreSite site) {
    return Criterion.random().at(site, new ScoringOptions(0.9, 3)).score();
  }

  @Test
  void scoresHaveMeanOneAndAreNotNegative() {
    for (Criterion criterion : Criterion.all()) {
      ScoreBench bench = new ScoreBench(Nets.resnet(DataType.DOUBLE, 7), criterion, OPTIONS);
      bench.step(Nets.data(DataType.DOUBLE, SEED, 1, 9).get(0));
      for (SiteScorer scorer : bench.scorers) {
        assertThat(Arrays.stream(scorer.score()).average().orElseThrow())
            .as(criterion.name())
            .isCloseTo(1, within(1e-9));
        assertThat(Arrays.stream(scorer.score()).min().orElseThrow()).isNotNegative();
      }
    }
  }

  /** method.md: behind a batch norm sum A*dL/dA = gamma*dL/dgamma + beta*dL/dbeta, relu or not. */
  @Test
  void taylorAtABatchNormIsGammaAndBetaTimesTheirGradients() {
    for (boolean nhwc : new boolean[] {false, true}) {
      ScoreBench bench =
          new ScoreBench(Nets.resnet(DataType.DOUBLE, 7, nhwc), Criterion.taylor(), OPTIONS);
      List<String> more = new ArrayList<>();
      for (ScoreSite site : bench.sites) {
        String gamma = site.gamma().orElseThrow();
        more.add(bench.gradient(gamma));
        more.add(bench.gradient(gamma.replace("/gamma", "/beta")));
      }
      ScoreBench.Step step =
          bench.step(
              Nets.data(DataType.DOUBLE, SEED, 1, 9, nhwc).get(0), more.toArray(String[]::new));
      double largest = 0;
      for (ScoreSite site : bench.sites) {
        String gamma = site.gamma().orElseThrow();
        String beta = gamma.replace("/gamma", "/beta");
        double[] op =
            MapSums.of(
                    step.arrays().get(site.map()),
                    step.arrays().get(bench.gradient(site)),
                    site.channelAxis())
                .effect();
        double[] gGamma = step.arrays().get(bench.gradient(gamma)).data().asDouble();
        double[] gBeta = step.arrays().get(bench.gradient(beta)).data().asDouble();
        for (int k = 0; k < site.filters(); k++) {
          double sum = 0;
          for (int n = 0; n < 9; n++) {
            sum += op[n * site.filters() + k];
          }
          double byParameters =
              bench.values(gamma)[k] * gGamma[k] + bench.values(beta)[k] * gBeta[k];
          assertThat(sum)
              .as("%s, filter %d, seed %d", site.layer(), k, SEED)
              .isCloseTo(byParameters, within(1e-12));
          largest = Math.max(largest, Math.abs(sum));
        }
      }
      assertThat(largest).as("the identity is not one of zeros").isGreaterThan(1e-3);
    }
  }

  static Stream<Arguments> insertions() {
    return Stream.of(
            Arguments.of("chain", DataType.FLOAT, false),
            Arguments.of("chain", DataType.DOUBLE, true),
            Arguments.of("vgg", DataType.FLOAT, false),
            Arguments.of("resnet", DataType.FLOAT, false),
            Arguments.of("resnet", DataType.FLOAT, true),
            Arguments.of("resnet", DataType.DOUBLE, false))
        .flatMap(
            net ->
                Criterion.all().stream()
                    .filter(c -> !(c.name().equals("gamma") && net.get()[0].equals("chain")))
                    .map(c -> Arguments.of(net.get()[0], net.get()[1], net.get()[2], c.name())));
  }

  @ParameterizedTest(name = "{0} {1} nhwc={2} {3}")
  @MethodSource("insertions")
  void tapsLeaveOutputsAndGradientsBitEqual(
      String net, DataType type, boolean nhwc, String criterion) {
    SameDiff plain = ScoreBench.net(net, type, nhwc);
    String digest = GraphText.digest(plain);
    ScoreBench bench = new ScoreBench(plain, Criterion.named(criterion), OPTIONS);
    assertThat(GraphText.digest(plain)).isEqualTo(digest);
    DataSet batch = Nets.data(type, SEED, 1, 5, nhwc).get(0);
    Map<String, INDArray> inputs = Map.of("x", batch.getFeatures(), "y", batch.getLabels());

    List<String> outputs = List.of("logits", "loss");
    assertThat(Probe.run(bench.sd, inputs, outputs)).isEqualTo(Probe.run(plain, inputs, outputs));
    SameDiff plainGradients = GradientFunction.of(plain);
    List<String> names = new ArrayList<>(outputs);
    List<String> scoredNames = new ArrayList<>(outputs);
    for (GraphView.Var v : GraphView.of(plain).variables()) {
      if (v.trainable()) {
        names.add(GradientFunction.gradientOf(plainGradients, v.name()).orElseThrow());
        scoredNames.add(bench.gradient(v.name()));
      }
    }
    Map<String, INDArray> expected = Probe.run(plainGradients, inputs, names);
    // with the taps executed beside
    ScoreBench.Step step = bench.step(batch, scoredNames.toArray(String[]::new));
    for (int i = 0; i < names.size(); i++) {
      INDArray scored = step.arrays().get(scoredNames.get(i));
      assertThat(scored.data().asDouble())
          .as("%s under %s", names.get(i), criterion)
          .isEqualTo(expected.get(names.get(i)).data().asDouble());
    }
  }
}
