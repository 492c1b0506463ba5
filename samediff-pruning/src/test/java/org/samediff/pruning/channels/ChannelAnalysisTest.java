package org.samediff.pruning.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.LocalResponseNormalizationConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.Trunk;

class ChannelAnalysisTest {
  private static final int BATCH = 3;

  private static ChannelAnalysis analyse(SameDiff sd, String... ignored) {
    return analyse(sd, List.of("logits"), Set.of(ignored));
  }

  private static ChannelAnalysis analyse(SameDiff sd, List<String> outputs, Set<String> ignored) {
    Map<String, INDArray> inputs = Probe.inputs(sd, BATCH, 1, List.of("y"));
    return ChannelAnalysis.of(
        GraphView.of(sd),
        Probe.shapes(sd, inputs),
        BATCH,
        outputs,
        new CutScope(ignored, Set.of(), false, false));
  }

  private static String text(ChannelAnalysis analysis) {
    return analysis.groups().stream().map(g -> g + "\n").collect(Collectors.joining());
  }

  private static List<Long> totals(ChannelAnalysis a) {
    return EnumSet.range(Measure.FILTERS, Measure.MACS).stream()
        .map(m -> a.cost().total(m))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void chain(boolean nhwc) {
    ChannelAnalysis a = analyse(Nets.chain(DataType.FLOAT, 7, nhwc));

    assertThat(text(a))
        .isEqualTo(
            """
            c1: 8 channels of [c1], cut [c1_W[3], c1_b[0], c2_W[2]]
            c2: 10 channels of [c2], cut [c2_W[3], c2_b[0], d1_W[0]]
            """);
    assertThat(a.groups().get(0).masked().keySet()).hasToString("[c1_W[3], c1_b[0]]");
    assertThat(a.groups().get(1).masked().keySet()).hasToString("[c2_W[3], c2_b[0]]");
    assertThat(a.kept()).isEmpty();
    // filters 8 + 10; parameters 216+8 + 720+10 + 360*16+16 + 16*4+4;
    // MACs 216*144 + 720*36 + 360*16 + 16*4
    assertThat(totals(a)).containsExactly(18L, 6798L, 62848L);
    assertThat(a.channelCount()).isEqualTo(18);
  }

  /**
   * Behind flatten, channel k of c2 feeds 36 rows of d1_W: a block in NCHW, every tenth in NHWC.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void flattenRepeatsChannelsAndNotesTheConstantShape(boolean nhwc) {
    ChannelAnalysis a = analyse(Nets.chain(DataType.FLOAT, 7, nhwc));
    int[][] rows = a.groups().get(1).cut().get(new LeafAxis("d1_W", 0));

    assertThat(rows).hasDimensions(10, 36);
    for (int k = 0; k < 10; k++) {
      int channel = k;
      assertThat(rows[k])
          .containsExactly(
              IntStream.range(0, 36)
                  .map(p -> nhwc ? p * 10 + channel : channel * 36 + p)
                  .toArray());
    }
    assertThat(a.patches()).hasSize(1);
    a.patches()
        .forEach(
            (patch, owners) -> {
              // order, -1, 360
              assertThat(patch).isEqualTo(new ShapePatch.Argument("reshape", 2));
              assertThat(owners).hasNumberOfRows(360);
              assertThat(owners[37]).containsExactly(1, nhwc ? 7 : 1);
            });
  }

  @Test
  void vgg() {
    ChannelAnalysis a = analyse(Nets.vgg(DataType.FLOAT, 7));

    assertThat(text(a))
        .isEqualTo(
            """
            c0: 8 channels of [c0], cut [c0_W[3], c1_W[2], n0/beta[0], n0/gamma[0], n0/mean[0], n0/var[0]]
            c1: 8 channels of [c1], cut [c1_W[3], c2_W[2], n1/beta[0], n1/gamma[0], n1/mean[0], n1/var[0]]
            c2: 12 channels of [c2], cut [c2_W[3], c3_W[2], n2/beta[0], n2/gamma[0], n2/mean[0], n2/var[0]]
            c3: 12 channels of [c3], cut [c3_W[3], fc_W[0], n3/beta[0], n3/gamma[0], n3/mean[0], n3/var[0]]
            """);
    assertThat(a.groups())
        .allSatisfy(
            g ->
                assertThat(g.masked().keySet())
                    .hasToString(
                        "[c%1$d_W[3], n%1$d/beta[0], n%1$d/gamma[0]]".formatted(g.index())));
    // parameters 216+576+864+1296, batch norms 2*(8+8+12+12), dense 108*4+4;
    // MACs 144*(216+576) + 36*(864+1296) + 432
    assertThat(totals(a)).containsExactly(40L, 3468L, 192240L);
  }

  /**
   * The identity shortcut ties a_c2 to the stem, the projection b_c3 ties b_c2 and c_c2 to itself.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void resnet(boolean nhwc) {
    ChannelAnalysis a = analyse(Nets.resnet(DataType.FLOAT, 7, nhwc));

    assertThat(text(a))
        .isEqualTo(
            """
            stem: 8 channels of [stem, a_c2], cut [a_bn2/beta[0], a_bn2/gamma[0], a_bn2/mean[0], a_bn2/var[0], a_c1_W[2], a_c2_W[3], b_c1_W[2], b_c3_W[2], stem_W[3], stem_bn/beta[0], stem_bn/gamma[0], stem_bn/mean[0], stem_bn/var[0]]
            a_c1: 8 channels of [a_c1], cut [a_bn1/beta[0], a_bn1/gamma[0], a_bn1/mean[0], a_bn1/var[0], a_c1_W[3], a_c2_W[2]]
            b_c1: 12 channels of [b_c1], cut [b_bn1/beta[0], b_bn1/gamma[0], b_bn1/mean[0], b_bn1/var[0], b_c1_W[3], b_c2_W[2]]
            b_c3: 12 channels of [b_c3, b_c2, c_c2], cut [b_bn2/beta[0], b_bn2/gamma[0], b_bn2/mean[0], b_bn2/var[0], b_bn3/beta[0], b_bn3/gamma[0], b_bn3/mean[0], b_bn3/var[0], b_c2_W[3], b_c3_W[3], c_bn2/beta[0], c_bn2/gamma[0], c_bn2/mean[0], c_bn2/var[0], c_c1_W[2], c_c2_W[3], fc_W[0]]
            c_c1: 12 channels of [c_c1], cut [c_bn1/beta[0], c_bn1/gamma[0], c_bn1/mean[0], c_bn1/var[0], c_c1_W[3], c_c2_W[2]]
            """);
    assertThat(a.kept()).isEmpty();
    assertThat(a.patches()).isEmpty();
    assertThat(a.groups()).extracting(ChannelGroup::filterCount).containsExactly(16, 8, 12, 36, 12);
    // convolutions 216 + 2*576 + 864+1296+96 + 2*1296, batch norms 2*84, dense 48+4;
    // MACs 144*(216+1152) + 36*(2256+2592) + 48
    assertThat(totals(a)).containsExactly(84L, 6436L, 371568L);
  }

  @ParameterizedTest
  @EnumSource(WeightsFormat.class)
  void filtersAndReadChannelsLieWhereTheWeightsFormatSays(WeightsFormat format) {
    Trunk t = new Trunk();
    SDVariable h = t.relu("r1", t.conv("c1", t.x, format, 3, 8));
    h = t.relu("r2", t.conv("c2", h, format, 8, 6));
    ChannelAnalysis a = analyse(t.close(h, 6));

    String expected =
        switch (format) {
          case YXIO -> "[c1_W[3], c1_b[0], c2_W[2]]";
          case OIYX -> "[c1_W[0], c1_b[0], c2_W[1]]";
          case OYXI -> "[c1_W[0], c1_b[0], c2_W[3]]";
        };
    assertThat(a.groups().get(0).cut().keySet()).hasToString(expected);
    // MACs 36*(27*8 + 72*6) + 6*4
    assertThat(a.cost().total(Measure.MACS)).isEqualTo(23352);
    assertThat(a.cost().total(Measure.FILTERS)).isEqualTo(14);
  }

  @Test
  void concatPutsTheSecondInputsChannelsBehindTheFirsts() {
    Trunk t = new Trunk();
    SDVariable left = t.relu("r1", t.conv("c1", t.x, 3, 8));
    SDVariable right = t.relu("r2", t.conv("c2", t.x, 3, 6));
    SDVariable h = t.relu("r3", t.conv("c3", t.sd.concat("both", 1, left, right), 14, 5));
    ChannelAnalysis a = analyse(t.close(h, 5));

    assertThat(text(a))
        .isEqualTo(
            """
            c1: 8 channels of [c1], cut [c1_W[3], c1_b[0], c3_W[2]]
            c2: 6 channels of [c2], cut [c2_W[3], c2_b[0], c3_W[2]]
            c3: 5 channels of [c3], cut [c3_W[3], c3_b[0], fc_W[0]]
            """);
    LeafAxis read = new LeafAxis("c3_W", 2);
    assertThat(a.groups().get(0).cut().get(read)[7]).containsExactly(7);
    assertThat(a.groups().get(1).cut().get(read)[0]).containsExactly(8);
    assertThat(a.groups().get(1).cut().get(read)[5]).containsExactly(13);
  }

  @Test
  void concatWithTheInputKeepsTheInputsPartOnly() {
    Trunk t = new Trunk();
    SDVariable left = t.relu("r1", t.conv("c1", t.x, 3, 8));
    SDVariable h = t.relu("r3", t.conv("c3", t.sd.concat("both", 1, t.x, left), 11, 5));
    ChannelAnalysis a = analyse(t.close(h, 5));

    assertThat(a.groups()).extracting(ChannelGroup::name).containsExactly("c1", "c3");
    assertThat(a.groups().get(0).cut().get(new LeafAxis("c3_W", 2))[0]).containsExactly(3);
  }

  @Test
  void weightsThatTwoConvolutionsShareAreCutOnce() {
    Trunk t = new Trunk();
    SDVariable w = t.var("W", 3, 3, 3, 8);
    SDVariable one = t.relu("r1", t.conv("c1", t.x, w, null, WeightsFormat.YXIO));
    SDVariable flipped = t.sd.math().neg("flipped", t.x);
    SDVariable two = t.relu("r2", t.conv("c2", flipped, w, null, WeightsFormat.YXIO));
    SDVariable h = t.relu("r3", t.conv("c3", t.sd.concat("both", 1, one, two), 16, 5));
    ChannelAnalysis a = analyse(t.close(h, 5));

    ChannelGroup shared = a.groups().get(0);
    assertThat(shared).hasToString("c1: 8 channels of [c1, c2], cut [W[3], c3_W[2]]");
    assertThat(shared.cut().get(new LeafAxis("c3_W", 2))[3]).containsExactly(3, 11);
    // one variable, counted once; two convolutions, their MACs twice
    assertThat(totals(a))
        .containsExactly(21L, 216L + 9 * 16 * 5 + 5 + 24, 36L * (2 * 216 + 720) + 20);
  }

  @Test
  void weightsThatReadTheirOwnFiltersAreCutAlongBothAxesAndMaskedAlongOne() {
    Trunk t = new Trunk();
    SDVariable w = t.var("W", 3, 3, 8, 8);
    SDVariable h = t.relu("r0", t.conv("c0", t.x, 3, 8));
    h = t.relu("r1", t.conv("c1", h, w, null, WeightsFormat.YXIO));
    h = t.relu("r2", t.conv("c2", h, w, null, WeightsFormat.YXIO));
    ChannelAnalysis a = analyse(t.close(h, 8));

    assertThat(text(a))
        .isEqualTo("c0: 8 channels of [c0, c1, c2], cut [W[2], W[3], c0_W[3], c0_b[0], fc_W[0]]\n");
    assertThat(a.groups().get(0).masked().keySet()).hasToString("[W[3], c0_W[3], c0_b[0]]");
  }

  @Test
  void aGateTiesBothFactorsAndZeroTimesAnythingIsZero() {
    Trunk t = new Trunk();
    SDVariable value = t.conv("value", t.x, 3, 8);
    SDVariable gate = t.sd.nn().sigmoid("open", t.conv("gate", t.x, 3, 8));
    ChannelAnalysis a = analyse(t.close(value.mul("gated", gate), 8));

    assertThat(a.kept()).isEmpty();
    assertThat(a.groups())
        .extracting(ChannelGroup::members)
        .containsExactly(List.of("value", "gate"));
  }

  @Test
  void outputsAreNeverCut() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    ChannelAnalysis a = analyse(sd, List.of("logits", "r2"), Set.of());

    assertThat(a.kept()).containsOnlyKeys("c2").containsValue("\"r2\" is an output of the graph");
    assertThat(a.groups()).extracting(ChannelGroup::name).containsExactly("c1");
  }

  @Test
  void aMapThatNoOpReadsIsAnOutput() {
    Trunk t = new Trunk();
    SDVariable h = t.relu("r1", t.conv("c1", t.x, 3, 8));
    t.conv("side", h, 8, 2);
    ChannelAnalysis a = analyse(t.close(h, 8));

    assertThat(a.kept())
        .containsOnlyKeys("side")
        .containsValue("\"side\" is an output of the graph");
    assertThat(text(a))
        .isEqualTo("c1: 8 channels of [c1], cut [c1_W[3], c1_b[0], fc_W[0], side_W[2]]\n");
  }

  @Test
  void ignoredLayersKeepInputsAndFilters() {
    ChannelAnalysis vgg = analyse(Nets.vgg(DataType.FLOAT, 7), "c2");
    assertThat(vgg.groups()).extracting(ChannelGroup::name).containsExactly("c0", "c3");
    assertThat(vgg.kept()).containsOnlyKeys("c1", "c2").containsValue("\"c2\" is an ignored layer");

    // what is tied to an ignored layer's input stays as well
    ChannelAnalysis resnet = analyse(Nets.resnet(DataType.FLOAT, 7), "b_c1");
    assertThat(resnet.groups())
        .extracting(ChannelGroup::name)
        .containsExactly("a_c1", "b_c3", "c_c1");
    assertThat(resnet.kept()).containsOnlyKeys("stem", "a_c2", "b_c1");
  }

  /** The net around one op, and why its first convolution is kept. */
  private static void keeps(String reason, UnaryOperator<SDVariable> op) {
    ChannelAnalysis a = analyse(Trunk.around(op));
    assertThat(a.groups()).as(reason).isEmpty();
    assertThat(a.kept()).containsExactly(Map.entry("c1", reason));
  }

  private static void cuts(String what, UnaryOperator<SDVariable> op) {
    ChannelAnalysis a = analyse(Trunk.around(op));
    assertThat(a.kept()).as(what).isEmpty();
    assertThat(a.groups()).as(what).extracting(ChannelGroup::name).containsExactly("c1");
  }

  @Test
  void anOpWithoutARuleKeepsWhatReachesItAndIsNamed() {
    keeps(
        "cumsum \"cs\" has no channel rule, so the channels that reach it are kept",
        h -> h.getSameDiff().cumsum("cs", h, false, false, 3));
    keeps(
        "lrn \"norm\" divides by the channels beside it, and a cut brings others there",
        h ->
            h.getSameDiff()
                .cnn()
                .localResponseNormalization(
                    "norm",
                    h,
                    LocalResponseNormalizationConfig.builder()
                        .alpha(0.1)
                        .beta(0.75)
                        .bias(1)
                        .depth(2)
                        .build()));
  }

  @Test
  void aDeadValueOtherThanZeroGoesIntoTheSumBehindIt() {
    cuts("sigmoid", h -> h.getSameDiff().nn().sigmoid("sg", h));
    cuts("plus", h -> h.add("plus", 0.5));
    cuts("exp", h -> h.getSameDiff().math().exp("e", h));
    cuts("rsub", h -> h.rsub("flip", 1.0));
    cuts("softplus", h -> h.getSameDiff().nn().softplus("sp", h));
    cuts("scale", h -> h.mul("times", 0.5));
  }

  @Test
  void aPaddingConvolutionWouldSeeADeadValueOtherThanZero() {
    Trunk t = new Trunk();
    SDVariable h = t.sd.nn().sigmoid("sg", t.conv("c1", t.x, 3, 8));
    ChannelAnalysis a = analyse(t.close(t.relu("r2", t.conv("c2", h, 8, 5)), 5));
    assertThat(a.kept())
        .containsExactly(
            Map.entry(
                "c1",
                "conv2d \"c2\" pads it with zeros, and a cut channel is a constant there, not zero"));
    assertThat(a.groups()).extracting(ChannelGroup::name).containsExactly("c2");
  }

  @Test
  void zeroStaysZeroThroughWhatMapsZeroToZero() {
    cuts("tanh", h -> h.getSameDiff().math().tanh("t", h));
    cuts("times a number", h -> h.mul("m", 3.0));
    cuts("plus zero", h -> h.add("m", 0.0));
    cuts("leaky relu", h -> h.getSameDiff().nn().leakyRelu("l", h, 0.1));
    cuts("square", h -> h.getSameDiff().math().square("s", h));
    cuts("permuted and back", h -> h.permute(0, 2, 3, 1).permute(0, 3, 1, 2));
    cuts("squared itself", h -> h.mul("m", h));
  }

  @Test
  void weightsThatAreNotTrainedCannotBeMasked() {
    Trunk t = new Trunk();
    SDVariable h =
        t.relu("r1", t.conv("c1", t.x, t.constant("c1_W", 3, 3, 3, 8), null, WeightsFormat.YXIO));
    ChannelAnalysis a = analyse(t.close(t.relu("r2", t.conv("c2", h, 8, 5)), 5));

    assertThat(a.groups()).extracting(ChannelGroup::name).containsExactly("c2");
    assertThat(a.kept())
        .containsExactly(
            Map.entry(
                "c1",
                "conv2d \"c1\" has weights that are not trained, so that masking cannot bring them"
                    + " to zero"));
  }

  /** Local response normalisation as a sum over neighbours: x times something of a fixed mix. */
  @Test
  void weightsThatAreNotTrainedGoWithTheChannelsTheyMultiply() {
    Trunk t = new Trunk();
    SDVariable x = t.relu("r1", t.conv("c1", t.x, 3, 8));
    SDVariable band = t.constant("band", 1, 1, 8, 8);
    Conv2DConfig pointwise = Conv2DConfig.builder().kH(1).kW(1).build();
    SDVariable sum = t.sd.cnn().conv2d("sum", t.sd.math().square(x), band, pointwise);
    ChannelAnalysis a = analyse(t.close(x.mul("scaled", sum.add(1).rdiv(1)), 8));

    assertThat(a.kept()).isEmpty();
    assertThat(text(a))
        .isEqualTo("c1: 8 channels of [c1], cut [band[2], band[3], c1_W[3], c1_b[0], fc_W[0]]\n");
    assertThat(a.groups().get(0).masked().keySet()).hasToString("[c1_W[3], c1_b[0]]");
  }

  @Test
  void aBiasThatIsNotTrainedLeavesAValueInDeadChannels() {
    Trunk t = new Trunk();
    SDVariable h =
        t.relu(
            "r1",
            t.conv(
                "c1", t.x, t.var("c1_W", 3, 3, 3, 8), t.constant("c1_b", 8), WeightsFormat.YXIO));
    ChannelAnalysis a = analyse(t.close(t.relu("r2", t.conv("c2", h, 8, 5)), 5));

    assertThat(a.kept())
        .containsExactly(
            Map.entry(
                "c1",
                "conv2d \"c2\" pads it with zeros, and a cut channel is a constant there, not zero"));
  }

  @Test
  void aMeanOverChannelsDependsOnTheirNumber() {
    Trunk t = new Trunk();
    SDVariable h = t.relu("r1", t.conv("c1", t.x, 3, 8)).mean("over", true, 1);
    ChannelAnalysis a = analyse(t.close(t.relu("r2", t.conv("c2", h, 1, 5)), 5));

    assertThat(a.kept())
        .containsExactly(
            Map.entry(
                "c1",
                "reduce_mean \"over\" reduces over it, and the result depends on how many there"
                    + " are"));
    assertThat(a.groups()).extracting(ChannelGroup::name).containsExactly("c2");
  }

  @Test
  void aSumOverChannelsDoesNot() {
    Trunk t = new Trunk();
    SDVariable h = t.relu("r1", t.conv("c1", t.x, 3, 8)).sum("over", true, 1);
    ChannelAnalysis a = analyse(t.close(t.relu("r2", t.conv("c2", h, 1, 5)), 5));

    assertThat(a.groups()).extracting(ChannelGroup::name).containsExactly("c1", "c2");
  }

  @Test
  void addingTheInputKeepsWhatItIsAddedTo() {
    Trunk t = new Trunk();
    ChannelAnalysis a = analyse(t.close(t.conv("c1", t.x, 3, 3).add("sum", t.x), 3));

    assertThat(a.groups()).isEmpty();
    assertThat(a.kept())
        .containsExactly(Map.entry("c1", "add \"sum\" joins it with data that cannot be cut"));
  }

  /** One channel that is added to many is never cut, nor are the many by it. */
  @Test
  void aBroadcastChannelIsKept() {
    Trunk t = new Trunk();
    SDVariable one = t.conv("one", t.x, 3, 1);
    SDVariable many = t.relu("r", t.conv("many", t.x, 3, 8));
    ChannelAnalysis a = analyse(t.close(many.mul("scaled", one), 8));

    assertThat(a.kept())
        .containsExactly(
            Map.entry("one", "multiply \"scaled\" spreads its one channel over others"));
    assertThat(a.groups()).extracting(ChannelGroup::name).containsExactly("many");
  }

  @Test
  void channelsThatLieWhereAnOpSlidesOverAreKept() {
    Pooling2DConfig pool =
        Pooling2DConfig.builder().kH(3).kW(3).paddingMode(PaddingMode.SAME).build();
    keeps(
        "maxpool2d \"slid\" mixes positions along the axis that it lies on",
        h -> {
          SameDiff sd = h.getSameDiff();
          return sd.cnn().maxPooling2d("slid", h.permute(0, 2, 1, 3), pool).permute(0, 2, 1, 3);
        });
    Conv2DConfig conv =
        Conv2DConfig.builder()
            .kH(3)
            .kW(3)
            .paddingMode(PaddingMode.SAME)
            .dataFormat("NCHW")
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    keeps(
        "depthwise_conv2d \"slid\" mixes positions along the axis that it lies on",
        h -> {
          SameDiff sd = h.getSameDiff();
          SDVariable w = sd.var("dw", DataType.DOUBLE, 3, 3, Trunk.SIDE, 1);
          return sd.cnn()
              .depthWiseConv2d("slid", h.permute(0, 2, 1, 3), w, conv)
              .permute(0, 2, 1, 3);
        });
    ChannelAnalysis mixed =
        analyse(
            Trunk.around(
                h -> {
                  SameDiff sd = h.getSameDiff();
                  SDVariable w = sd.var("cw", DataType.DOUBLE, 3, 3, Trunk.SIDE, Trunk.SIDE);
                  return sd.cnn()
                      .conv2d("slid", h.permute(0, 2, 1, 3), w, conv)
                      .permute(0, 2, 1, 3);
                }));
    assertThat(mixed.kept())
        .containsEntry("c1", "conv2d \"slid\" mixes positions along the axis that it lies on");
    assertThat(mixed.groups()).extracting(ChannelGroup::name).doesNotContain("c1");
  }

  @Test
  void aReshapeThatSplitsTheChannelsTiesThemAcrossTheParts() {
    ChannelAnalysis a =
        analyse(
            Trunk.around(
                h ->
                    h.getSameDiff()
                        .reshape("split", h, -1, 2, 4, Trunk.SIDE, Trunk.SIDE)
                        .reshape(-1, 8, Trunk.SIDE, Trunk.SIDE)));
    assertThat(a.kept()).isEmpty();
    assertThat(a.groups()).hasSize(1);
    assertThat(a.groups().get(0).filters().get(0))
        .isDeepEqualTo(new int[][] {{0, 4}, {1, 5}, {2, 6}, {3, 7}});
  }

  @Test
  void costEqualsARecountForRandomMasks() {
    Trunk t = new Trunk();
    SDVariable left = t.relu("r1", t.conv("c1", t.x, 3, 8));
    SDVariable right = t.relu("r2", t.conv("c2", t.x, 3, 6));
    SDVariable h = t.relu("r3", t.conv("c3", t.sd.concat("both", 1, left, right), 14, 5));
    List<SameDiff> nets =
        List.of(
            t.close(h, 5),
            Nets.chain(DataType.FLOAT, 7),
            Nets.chain(DataType.FLOAT, 7, true),
            Nets.vgg(DataType.FLOAT, 7),
            Nets.resnet(DataType.FLOAT, 7));
    for (SameDiff sd : nets) {
      Map<String, INDArray> inputs = Probe.inputs(sd, BATCH, 1, List.of("y"));
      Map<String, long[]> shapes = Probe.shapes(sd, inputs);
      ChannelAnalysis a = ChannelAnalysis.of(GraphView.of(sd), shapes, BATCH, List.of("logits"));
      for (int seed = 0; seed < 50; seed++) {
        Random random = new Random(seed);
        boolean[][] kept = a.allKept();
        for (boolean[] group : kept) {
          for (int c = 0; c < group.length; c++) {
            group[c] = random.nextDouble() < seed / 50.0;
          }
        }
        Map<Measure, Long> recount = recount(GraphView.of(sd), shapes, a, kept);
        for (Measure m : EnumSet.range(Measure.FILTERS, Measure.MACS)) {
          assertThat(a.cost().cost(m, kept))
              .as("%s, seed %d, groups %s", m, seed, a.groups())
              .isEqualTo(recount.get(m));
        }
      }
    }
  }

  /** Counts what is left of every array, and multiplies. */
  private static Map<Measure, Long> recount(
      GraphView view, Map<String, long[]> shapes, ChannelAnalysis a, boolean[][] kept) {
    Map<LeafAxis, Set<Integer>> gone = new LinkedHashMap<>();
    for (ChannelGroup g : a.groups()) {
      for (int c = 0; c < g.size(); c++) {
        if (!kept[g.index()][c]) {
          for (Map.Entry<LeafAxis, int[][]> e : g.cut().entrySet()) {
            for (int i : e.getValue()[c]) {
              gone.computeIfAbsent(e.getKey(), k -> new TreeSet<>()).add(i);
            }
          }
        }
      }
    }
    long parameters = 0;
    for (GraphView.Var v : view.variables()) {
      parameters += v.trainable() ? left(v, gone) : 0;
    }
    long filters = 0;
    long macs = 0;
    for (GraphView.Op op : view.ops()) {
      if (op.type().equals("conv2d")) {
        GraphView.Var w = view.variable(op.input(1));
        filters += w.shape()[3] - gone.getOrDefault(new LeafAxis(w.name(), 3), Set.of()).size();
        long[] out = shapes.get(op.output());
        // the channel axis is the one as long as there are filters; the rest is batch and space
        long elements = Arrays.stream(out).reduce(1, (x, y) -> x * y);
        macs += left(w, gone) * (elements / BATCH / w.shape()[3]);
      } else if (op.type().equals("matmul")) {
        macs += left(view.variable(op.input(1)), gone);
      }
    }
    return Map.of(Measure.FILTERS, filters, Measure.PARAMETERS, parameters, Measure.MACS, macs);
  }

  private static long left(GraphView.Var v, Map<LeafAxis, Set<Integer>> gone) {
    long product = 1;
    for (int d = 0; d < v.shape().length; d++) {
      product *= v.shape()[d] - gone.getOrDefault(new LeafAxis(v.name(), d), Set.of()).size();
    }
    return product;
  }

  @Test
  void aCounterCountsDownToTheSame() {
    ChannelAnalysis a = analyse(Nets.resnet(DataType.FLOAT, 7));
    for (Measure m : EnumSet.range(Measure.FILTERS, Measure.MACS)) {
      CostModel.Counter counter = a.cost().start(m);
      assertThat(counter.measure()).isEqualTo(m);
      assertThat(counter.cost()).isEqualTo(a.cost().total(m));
      boolean[][] kept = a.allKept();
      for (ChannelGroup g : a.groups()) {
        counter.remove(g.index(), 0);
        kept[g.index()][0] = false;
        assertThat(counter.cost()).isEqualTo(a.cost().cost(m, kept));
      }
    }
  }

  @Test
  void theSameGraphGivesTheSameAnalysis() {
    assertThat(text(analyse(Nets.resnet(DataType.FLOAT, 7))))
        .isEqualTo(text(analyse(Nets.resnet(DataType.DOUBLE, 9))));
  }
}
