package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.PruningCheck.Options;
import org.samediff.pruning.PruningCheck.Score;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.Trunk;

class PruningCheckTest {
  private static final long SEED = 91;

  @TempDir Path folder;

  /** Checks, and that the graph is what it was: text form, weights, nothing differentiated. */
  private static Verdict check(SameDiff sd, Options options) {
    String text = GraphText.of(sd);
    String digest = GraphText.digest(sd);
    List<String> losses = List.copyOf(sd.getLossVariables());
    Verdict verdict = PruningCheck.of(sd, options);
    assertThat(GraphText.of(sd)).isEqualTo(text);
    assertThat(GraphText.digest(sd)).isEqualTo(digest);
    assertThat(sd.getLossVariables()).isEqualTo(losses);
    assertThat(sd.getFunction("grad")).as("gradient function of the user's graph").isNull();
    return verdict;
  }

  private static Verdict.Figures equal(Verdict verdict) {
    assertThat(verdict).as("seed %d: %s", SEED, verdict).isInstanceOf(Verdict.Equal.class);
    assertThat(verdict.toString()).startsWith("EQUAL largest relative difference: float ");
    return ((Verdict.Equal) verdict).figures();
  }

  private static Verdict.Refused refused(Verdict verdict) {
    assertThat(verdict).as("seed %d: %s", SEED, verdict).isInstanceOf(Verdict.Refused.class);
    assertThat(verdict.toString()).startsWith("REFUSED ");
    return (Verdict.Refused) verdict;
  }

  @ParameterizedTest
  @CsvSource({
    "chain,FLOAT,false,L2",
    "chain,FLOAT,true,RANDOM",
    "vgg,FLOAT,false,RANDOM",
    "vgg,DOUBLE,true,L2",
    "resnet,FLOAT,false,L2",
    "resnet,DOUBLE,true,RANDOM"
  })
  void aKnownNetIsEqualInBothPrecisionsAndModes(
      String net, DataType type, boolean nhwc, Score score) {
    SameDiff sd = Nets.named(net, type, SEED, nhwc);

    Verdict.Figures f = equal(check(sd, Options.of(0.5).withScore(score)));

    assertThat(f.singlePrecision().inference().orElseThrow()).isLessThan(1e-4);
    assertThat(f.singlePrecision().training().orElseThrow()).isLessThan(1e-4);
    assertThat(f.doublePrecision().inference().orElseThrow()).isLessThan(1e-9);
    assertThat(f.doublePrecision().training().orElseThrow()).isLessThan(1e-9);
    assertThat(f.channelsCut()).isEqualTo(f.channels() / 2);
    assertThat(f.filtersAfter()).isLessThan(f.filtersBefore());
    assertThat(f.parametersAfter()).isLessThan(f.parametersBefore());
    assertThat(f.macsAfter()).isLessThan(f.macsBefore());
    assertThat(f.notes()).isEmpty();
    assertThat(f.kept()).isEmpty();
  }

  @Test
  void figuresOfAChainByHand() {
    // c1 3->8, c2 8->10 at 12x12 and 6x6, dense 360->16->4; half of the channels of c1 and c2 go
    Verdict.Figures f = equal(check(Nets.chain(DataType.FLOAT, SEED), Options.of(0.5)));

    assertThat(f.groups()).isEqualTo(2);
    assertThat(f.channels()).isEqualTo(18);
    assertThat(f.filtersBefore()).isEqualTo(18);
    assertThat(f.filtersAfter()).isEqualTo(9);
    assertThat(f.parametersBefore())
        .isEqualTo(27 * 8 + 8 + 72 * 10 + 10 + 360 * 16 + 16 + 16 * 4 + 4);
    assertThat(f.parametersAfter()).isEqualTo(27 * 4 + 4 + 36 * 5 + 5 + 180 * 16 + 16 + 16 * 4 + 4);
    assertThat(f.macsAfter()).isEqualTo(144 * 27 * 4 + 36 * 36 * 5 + 180 * 16 + 16 * 4);
  }

  @Test
  void aRatioOfZeroCutsNothingAndATinyOneCutsOneChannelOfEachGroup() {
    SameDiff sd = Nets.vgg(DataType.FLOAT, SEED);

    Verdict.Figures none = equal(check(sd, Options.of(0)));
    Verdict.Figures one = equal(check(sd, Options.of(1e-6)));
    Verdict.Figures most = equal(check(sd, Options.of(0.999)));

    assertThat(none.channelsCut()).isZero();
    assertThat(none.parametersAfter()).isEqualTo(none.parametersBefore());
    assertThat(none.singlePrecision().inference().orElseThrow()).isZero();
    assertThat(one.channelsCut()).isEqualTo(one.groups());
    assertThat(most.channels() - most.channelsCut()).isEqualTo(most.groups());
  }

  @Test
  void aGroupOfOneChannelStays() {
    Verdict.Figures f = equal(check(Nets.narrow(DataType.FLOAT, SEED), Options.of(0.5)));

    assertThat(f.channelsCut()).as("three of six, none of one, three of six").isEqualTo(6);
  }

  @Test
  void aGraphWithoutTrainingConfigOrLossIsComparedInInference() {
    Trunk t = new Trunk();
    SDVariable h = t.relu("r1", t.conv("c1", t.x, 3, 8));
    t.conv("c2", h, 8, 4);

    Verdict.Figures f = equal(check(t.sd, Options.of(0.5)));

    assertThat(f.notes()).containsExactly("not compared in training mode: the graph has no loss");
    assertThat(f.singlePrecision().training()).isEmpty();
    assertThat(f.kept()).containsKey("c2");
    assertThat(PruningCheck.of(t.sd, 0.5).toString())
        .contains("(training not compared)", "keeps filters: c2, ", "output of the graph");
  }

  @Test
  void aLossWithoutTrainingConfigIsComparedInTrainingToo() {
    Trunk t = new Trunk();
    SDVariable h = t.conv("c2", t.relu("r1", t.conv("c1", t.x, 3, 8)), 8, 6);
    SDVariable logits = h.mean("gap", false, 2, 3).mmul("logits", t.var("W", 6, 4));
    t.sd
        .loss()
        .softmaxCrossEntropy(
            "loss", t.sd.placeHolder("labels", DataType.DOUBLE, -1, 4), logits, null);
    t.sd.setLossVariables("loss");

    Verdict.Figures f = equal(check(t.sd, Options.of(0.5)));

    assertThat(f.doublePrecision().training().orElseThrow()).isLessThan(1e-9);
  }

  @Test
  void aGraphThatSameDiffCannotDifferentiateIsComparedInInference() {
    SameDiff sd = behindASecondConvolution(h -> h.getSameDiff().nn().logSoftmax("ls", h, 2));

    Verdict.Figures f = equal(check(sd, Options.of(0.5)));

    assertThat(f.notes())
        .singleElement()
        .asString()
        .startsWith("not compared in training mode: SameDiff cannot differentiate the graph, ");
    assertThat(f.doublePrecision().inference().orElseThrow()).isLessThan(1e-9);
  }

  @Test
  void dropoutIsPassedThrough() {
    SameDiff sd = behindASecondConvolution(h -> h.getSameDiff().nn().dropout("drop", h, 0.5));

    Verdict.Figures f = equal(check(sd, Options.of(0.5)));

    assertThat(f.channelsCut()).isPositive();
    assertThat(f.doublePrecision().inference().orElseThrow()).isLessThan(1e-9);
  }

  /** Whatever the op does to channels: those of the first convolution do not reach it. */
  private static SameDiff behindASecondConvolution(UnaryOperator<SDVariable> op) {
    Trunk t = new Trunk();
    SDVariable h = t.relu("r1", t.conv("c1", t.x, 3, 8));
    return t.close(op.apply(t.conv("c2", h, 8, 8)), 8);
  }

  @Test
  void aGraphWithoutConvolutionIsRefused() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 4);
    x.mmul("y", sd.var("w", Nd4j.rand(DataType.FLOAT, 4, 3)));

    Verdict.Refused r = refused(check(sd, Options.of(0.5)));

    assertThat(r.op()).isEmpty();
    assertThat(r.reason()).contains("no convolution");
  }

  @Test
  void aGraphWithoutOpsIsRefused() {
    SameDiff sd = SameDiff.create();
    sd.var("w", Nd4j.ones(3));

    assertThat(refused(check(sd, Options.of(0.5))).reason()).contains("no op at all");
  }

  @Test
  void anOpWithoutRuleIsRefusedByTheLayerItKeeps() {
    SameDiff sd = Trunk.around(h -> h.getSameDiff().cumsum("sums", h, false, false, 1));

    Verdict.Refused r = refused(check(sd, Options.of(0.5)));

    assertThat(r.op()).isEqualTo("c1");
    assertThat(r.reason()).contains("cumsum").contains("sums");
  }

  /** c1, softmax over its channels, c2, pool and dense. */
  private static SameDiff softmaxOverChannels() {
    Trunk t = new Trunk();
    SDVariable h = t.sd.nn().softmax("share", t.conv("c1", t.x, 3, 8), 1);
    return t.close(t.conv("c2", h, 8, 6), 6);
  }

  @Test
  void whatCannotBeCutExactlyIsLeftWholeUnlessAllowed() {
    Verdict.Figures exact = equal(check(softmaxOverChannels(), Options.of(0.5)));

    assertThat(exact.kept()).containsOnlyKeys("c1");
    assertThat(exact.kept().get("c1")).contains("softmax", "share");
    assertThat(exact.channelsCut()).as("of c2 alone").isEqualTo(3);

    Verdict verdict = check(softmaxOverChannels(), Options.of(0.5).withAllowInexact(true));

    assertThat(verdict).as("%s", verdict).isInstanceOf(Verdict.Inexact.class);
    Verdict.Inexact inexact = (Verdict.Inexact) verdict;
    assertThat(inexact.reasons()).hasSize(2);
    assertThat(inexact.reasons().get(0)).contains("softmax", "share", "denominator");
    assertThat(inexact.reasons().get(1)).contains("c2", "not constant");
    assertThat(inexact.figures().channelsCut()).isEqualTo(4 + 3);
    assertThat(inexact.figures().doublePrecision().inference().orElseThrow()).isGreaterThan(1e-6);
    assertThat(verdict.toString()).startsWith("INEXACT ").contains("because softmax");
  }

  @Test
  void aDeadChannelThatCarriesAConstantIsEqualWhereABiasCanTakeIt() {
    Trunk t = new Trunk();
    SDVariable half = t.sd.nn().sigmoid("half", t.conv("c1", t.x, 3, 8));
    Conv2DConfig pointwise = Conv2DConfig.builder().kH(1).kW(1).build();
    SDVariable h =
        t.sd.cnn().conv2d("c2", half, t.var("c2_W", 1, 1, 8, 6), t.var("c2_b", 6), pointwise);
    t.close(t.relu("r2", h), 6);

    Verdict.Figures f = equal(check(t.sd, Options.of(0.5)));

    assertThat(f.kept()).isEmpty();
    assertThat(f.channelsCut()).isEqualTo(4 + 3);
    assertThat(f.doublePrecision().inference().orElseThrow()).isLessThan(1e-9);
    assertThat(f.doublePrecision().training().orElseThrow()).isLessThan(1e-9);
  }

  @Test
  void aDeadChannelThatCarriesAConstantIsEqualBeforeAProductWithoutBias() {
    Trunk t = new Trunk();
    SDVariable half = t.sd.nn().sigmoid("half", t.conv("c1", t.x, 3, 8));

    Verdict.Figures f = equal(check(t.close(half, 8), Options.of(0.5)));

    assertThat(f.kept()).isEmpty();
    assertThat(f.channelsCut()).isEqualTo(4);
    assertThat(f.doublePrecision().inference().orElseThrow()).isLessThan(1e-9);
    assertThat(f.doublePrecision().training().orElseThrow()).isLessThan(1e-9);
  }

  @Test
  void anOpThatDoesNotRunIsNamed() {
    Trunk t = new Trunk();
    SDVariable h = t.relu("r1", t.conv("c1", t.x, 3, 8));
    h.mmul("product", t.var("W", 5, 5));

    Verdict.Refused r = refused(check(t.sd, Options.of(0.5)));

    assertThat(r.op()).isEqualTo("product");
    assertThat(r.reason()).startsWith("matmul does not run on inputs x[3, 3, 6, 6]");
  }

  @Test
  void anOpenPlaceholderIsNamedAndExampleInputsAreTaken() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("image", DataType.FLOAT, -1, 3, -1, -1);
    SDVariable h = conv(sd, "c1", x, 3, 6);
    conv(sd, "c2", sd.nn().relu(h, 0), 6, 4);

    Verdict.Refused r = refused(check(sd, Options.of(0.5)));
    assertThat(r.op()).isEqualTo("image");
    assertThat(r.reason()).contains("only the first axis may be open");

    INDArray image = Nd4j.rand(DataType.FLOAT, 2, 3, 9, 7);
    Options options = Options.of(0.5).withExampleInputs(Map.of("image", image));
    assertThat(equal(check(sd, options)).channelsCut()).isEqualTo(3);
  }

  private static SDVariable conv(SameDiff sd, String name, SDVariable x, int in, int out) {
    INDArray w = Nets.gaussian(DataType.FLOAT, new Random(SEED), 0.2, 3, 3, in, out);
    return sd.cnn()
        .conv2d(name, x, sd.var(name + "_W", w), Conv2DConfig.builder().kH(3).kW(3).build());
  }

  @Test
  void weightsThatAreNoNumbersAreNamed() {
    SameDiff sd = Nets.chain(DataType.FLOAT, SEED);
    sd.getVariable("c2_W").getArr().putScalar(3, Float.NaN);

    assertThat(refused(PruningCheck.of(sd, 0.5)).op()).isEqualTo("c2_W");
  }

  @Test
  void outputsThatAreNoNumbersAreNamed() {
    Trunk t = new Trunk();
    SDVariable h = t.conv("c2", t.relu("r1", t.conv("c1", t.x, 3, 8)), 8, 4);
    t.sd.math().log("logarithm", h);

    Verdict.Refused r = refused(check(t.sd, Options.of(0.5)));

    assertThat(r.op()).isEqualTo("logarithm");
    assertThat(r.reason()).contains("NaN");
  }

  @Test
  void aDamagedGraphIsRefused() {
    SameDiff sd = Nets.chain(DataType.FLOAT, SEED);
    sd.getVariables().get("c1").setOutputOfOp("nobody");

    assertThat(refused(PruningCheck.of(sd, 0.5)).reason()).contains("contradicts itself");
  }

  @Test
  void aGraphThatIsBeingPrunedIsRefused() {
    SameDiff masked =
        PruningTransform.builder()
            .macsTarget(0.5)
            .steps(10)
            .build()
            .apply(Nets.chain(DataType.FLOAT, SEED))
            .graph();

    assertThat(refused(PruningCheck.of(masked, 0.5)).reason()).contains("masks of this library");
  }

  @Test
  void aFileIsCheckedAndAMissingOrBrokenOneSaysSo() throws Exception {
    Path file = folder.resolve("net.fb");
    Nets.resnet(DataType.FLOAT, SEED).save(file.toFile(), true);
    byte[] before = Files.readAllBytes(file);

    Verdict.Figures f = equal(PruningCheck.of(file, Options.of(0.5)));

    assertThat(f.doublePrecision().training().orElseThrow()).isLessThan(1e-9);
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThatThrownBy(() -> PruningCheck.of(folder.resolve("none.fb"), Options.of(0.5)))
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).isEqualTo(PruningException.Code.IO))
        .hasMessageContaining("none.fb");
    Path broken = folder.resolve("broken.fb");
    Files.write(broken, Arrays.copyOf(before, 200));
    assertThat(refused(PruningCheck.of(broken, Options.of(0.5))).reason())
        .contains("SameDiff cannot load");
  }

  @Test
  void aRatioOutsideIsAnError() {
    SameDiff sd = SameDiff.create();
    for (double ratio : new double[] {-0.1, 1, Double.NaN}) {
      assertThatThrownBy(() -> PruningCheck.of(sd, ratio))
          .isInstanceOf(PruningException.class)
          .hasMessageContaining("got " + ratio);
    }
  }

  @Test
  void theLowestFilterNormsGoAndRandomScoresFollowTheSeed() {
    SameDiff sd = Nets.chain(DataType.FLOAT, SEED);
    GraphView view = GraphView.of(sd);
    Map<String, long[]> shapes = Probe.shapes(sd, Probe.inputs(sd, 3, 1, List.of("y")));
    ChannelAnalysis analysis = ChannelAnalysis.of(view, shapes, 3, GraphChecks.outputs(sd, view));
    ChannelGroup c1 = analysis.groups().get(0);
    INDArray w = sd.getVariable("c1_W").getArr();
    double[] norms = new double[8];
    for (int o = 0; o < 8; o++) {
      for (int i = 0; i < 27; i++) {
        norms[o] += Math.pow(w.getDouble(i / 9, i / 3 % 3, i % 3, o), 2);
      }
    }
    int[] lowest =
        IntStream.range(0, 8)
            .boxed()
            .sorted((a, b) -> Double.compare(norms[a], norms[b]))
            .limit(4)
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();

    boolean[] kept = UnitChoice.kept(sd, analysis, Options.of(0.5))[0];

    assertThat(c1.members()).containsExactly("c1");
    assertThat(IntStream.range(0, 8).filter(c -> !kept[c]).toArray()).isEqualTo(lowest);
    Options random = Options.of(0.5).withScore(Score.RANDOM);
    assertThat(UnitChoice.kept(sd, analysis, random))
        .isDeepEqualTo(UnitChoice.kept(sd, analysis, random));
    assertThat(Arrays.deepToString(UnitChoice.kept(sd, analysis, random.withSeed(7))))
        .isNotEqualTo(Arrays.deepToString(UnitChoice.kept(sd, analysis, random.withSeed(8))));
  }

  @Test
  void aWrongCutIsDifferentAndNotEqual() {
    SameDiff a = Nets.chain(DataType.FLOAT, SEED);
    SameDiff b = Nets.chain(DataType.FLOAT, SEED);
    b.getVariable("c2_b").getArr().addi(1e-2);
    Map<String, INDArray> inputs = Probe.inputs(a, 3, 1, List.of("y"));

    assertThatThrownBy(
            () -> new MaskedComparison(a, inputs, List.of("logits")).to(b, true, new ArrayList<>()))
        .isInstanceOfSatisfying(
            Attempt.Ended.class,
            e -> {
              assertThat(e.verdict()).isInstanceOf(Verdict.Different.class);
              assertThat(e.verdict().toString())
                  .startsWith(
                      "DIFFERENT \"logits\" in inference, FLOAT: the compacted graph gives ")
                  .contains("please report");
            });
    assertThat(
            new MaskedComparison(a, inputs, List.of("logits"))
                .to(b, false, new ArrayList<>())
                .inference()
                .orElseThrow())
        .isGreaterThan(1e-4);
  }
}
