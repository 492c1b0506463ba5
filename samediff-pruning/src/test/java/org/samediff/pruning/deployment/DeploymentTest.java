package org.samediff.pruning.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.StopGradient;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.layers.BatchNormalization;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.testing.Nets;

class DeploymentTest {
  private static final long SEED = 11;
  private static final int CHANNELS = 6;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "chain,FLOAT,false",
    "chain,DOUBLE,true",
    "vgg,FLOAT,false",
    "vgg,DOUBLE,false",
    "vgg,FLOAT,true",
    "resnet,FLOAT,false",
    "resnet,DOUBLE,false",
    "resnet,DOUBLE,true"
  })
  void sameOutputsAtEveryBatchBeforeAndAfterTheFile(String net, DataType type, boolean nhwc) {
    SameDiff sd = Nets.named(net, type, SEED, nhwc);
    Map<String, INDArray> before = Compare.arrays(sd);

    DeploymentGraph deployed = Deployment.of(sd);

    SameDiff graph = deployed.graph();
    assertThat(deployed.outputs()).containsExactly("probs");
    assertThat(deployed.difference().maxRelative())
        .isLessThan(type == DataType.DOUBLE ? 1e-13 : 1e-5);
    File file = directory.resolve("deployed.fb").toFile();
    graph.save(file, false);
    SameDiff loaded = SameDiff.load(file, false);
    for (int batch : new int[] {1, 3, 8}) {
      INDArray x = Nets.data(type, SEED + batch, 1, batch, nhwc).get(0).getFeatures();
      INDArray expected = sd.output(Map.of("x", x), "probs").get("probs").dup();
      assertThat(expected.shape()).containsExactly(batch, Nets.CLASSES);
      Compare.assertEqual("deployed", expected, graph.output(Map.of("x", x), "probs").get("probs"));
      Compare.assertEqual("loaded", expected, loaded.output(Map.of("x", x), "probs").get("probs"));
    }
    assertThat(types(graph)).doesNotContain("batchnorm", "softmax_cross_entropy_loss");
    assertThat(graph.getLossVariables()).isEmpty();
    assertThat(graph.getTrainingConfig()).isNull();
    assertThat(graph.hasVariable("y")).isFalse();
    boolean enoughConvolutions = !net.equals("chain");
    assertThat(layoutArguments(graph)).containsOnly(nhwc || enoughConvolutions ? 1L : 0L);
    before.forEach((name, a) -> Compare.assertSame(name, a, sd.getVariable(name).getArr()));
    graph.getVariables().keySet().stream()
        .filter(n -> sd.hasVariable(n) && sd.getVariable(n).getArr() != null)
        .filter(n -> graph.getVariable(n).getArr() != null)
        .forEach(
            n ->
                assertThat(graph.getVariable(n).getArr().data().address())
                    .as("%s is shared", n)
                    .isNotEqualTo(sd.getVariable(n).getArr().data().address()));
  }

  private static List<String> types(SameDiff sd) {
    return GraphView.of(sd).ops().stream().map(GraphView.Op::type).toList();
  }

  private static List<Long> layoutArguments(SameDiff sd) {
    return GraphView.of(sd).ops().stream()
        .filter(op -> op.type().equals("conv2d"))
        .map(op -> ((DynamicCustomOp) op.function()).iArgs()[9])
        .toList();
  }

  /** What follows a convolution or matrix product of six channels, and the ops left in the end. */
  enum Form {
    BATCH_NORM(f -> BatchNormalization.apply(f.sd, "bn", f.conv("c", false), CHANNELS), "conv2d"),
    BIAS_AND_BATCH_NORM(
        f -> BatchNormalization.apply(f.sd, "bn", f.conv("c", true), CHANNELS), "conv2d"),
    PRIMITIVES(
        f -> {
          SDVariable variance =
              f.sd.constant("v", f.vector(0.1).muli(0.1).addi(1).reshape(1, 6, 1, 1));
          SDVariable scale = f.sd.math().rsqrt(variance.add(1e-3)).mul(f.map("g"));
          return f.conv("c", false).sub(f.map("m")).mul(scale).add(f.map("b"));
        },
        "conv2d"),
    SCALE_AND_SHIFT(f -> f.conv("c", true).mul(f.map("g")).add(f.map("b")), "conv2d"),
    NUMBERS(f -> f.conv("c", true).mul(2).add(0.5).rsub(1.0).div(3), "conv2d"),
    FROM_A_VECTOR(f -> f.map("m").sub(f.conv("c", false)).div(f.map("g").add(3)), "conv2d"),
    BIAS_ADD(
        f -> f.sd.nn().biasAdd(f.conv("c", false), f.sd.var("b", f.vector(1)), true), "conv2d"),
    DEPTHWISE(
        f -> BatchNormalization.apply(f.sd, "bn", f.depthwise(), CHANNELS), "depthwise_conv2d"),
    DENSE(
        f ->
            BatchNormalization.apply(
                f.sd, "bn", f.dense().add(f.sd.var("b", f.vector(1))), CHANNELS),
        "conv2d reduce_mean matmul add"),
    DENSE_AND_BIAS_ALONE(
        f -> f.dense().add(f.sd.var("b", f.vector(1))), "conv2d reduce_mean matmul add"),
    READ_TWICE(
        f -> {
          SDVariable c = f.conv("c", false);
          return c.mul(f.map("g")).add(f.sd.nn().relu(c, 0));
        },
        "conv2d multiply relu add"),
    ALONG_SPACE(
        f -> f.conv("c", false).mul(f.sd.constant("s", f.gaussian(1, 1, 1, 1, 5))),
        "conv2d multiply"),
    SHARED_WEIGHTS(
        f -> {
          SDVariable w = f.sd.var("w", f.gaussian(0.3, 3, 3, 3, CHANNELS));
          SDVariable one = f.sd.cnn().conv2d("c1", f.x, w, f.config());
          SDVariable two = f.sd.cnn().conv2d("c2", f.x.mul(0.5), w, f.config());
          return one.mul(f.map("g")).add(two);
        },
        "conv2d mul_scalar multiply conv2d add"),
    IDENTITIES(
        f -> {
          SDVariable h = f.sd.identity(f.conv("c", false));
          h = new StopGradient(f.sd, h).outputVariable();
          return f.sd.math().tanh(f.sd.nn().dropout(h.castTo(DataType.DOUBLE), 0.5));
        },
        "conv2d tanh");

    private final Function<Forms, SDVariable> body;
    private final List<String> left;

    Form(Function<Forms, SDVariable> body, String left) {
      this.body = body;
      this.left = List.of(left.split(" "));
    }
  }

  private static final class Forms {
    final SameDiff sd = SameDiff.create();
    final Random random = new Random(SEED);
    final SDVariable x = sd.placeHolder("x", DataType.DOUBLE, -1, 3, 5, 5);

    INDArray gaussian(double scale, long... shape) {
      return Nets.gaussian(DataType.DOUBLE, random, scale, shape);
    }

    INDArray vector(double scale) {
      return gaussian(scale, CHANNELS);
    }

    SDVariable map(String name) {
      return sd.var(name, vector(1).reshape(1, CHANNELS, 1, 1));
    }

    Conv2DConfig config() {
      return Conv2DConfig.builder()
          .kH(3)
          .kW(3)
          .paddingMode(PaddingMode.SAME)
          .dataFormat("NCHW")
          .weightsFormat(WeightsFormat.YXIO)
          .build();
    }

    SDVariable conv(String name, boolean bias) {
      SDVariable w = sd.var(name + "_W", gaussian(0.3, 3, 3, 3, CHANNELS));
      return bias
          ? sd.cnn().conv2d(name, x, w, sd.var(name + "_b", vector(1)), config())
          : sd.cnn().conv2d(name, x, w, config());
    }

    SDVariable depthwise() {
      SDVariable w = sd.var("d_W", gaussian(0.3, 3, 3, 3, 2));
      return sd.cnn().depthWiseConv2d("d", x, w, config());
    }

    SDVariable dense() {
      SDVariable w = sd.var("f_W", gaussian(0.3, CHANNELS, CHANNELS));
      return conv("c", false).mean(false, 2, 3).mmul(w);
    }
  }

  @ParameterizedTest
  @EnumSource(Form.class)
  void foldsWhatItMay(Form form) {
    Forms f = new Forms();
    form.body.apply(f).rename("out");
    for (String statistic : List.of("bn/mean", "bn/var", "bn/gamma", "bn/beta")) {
      if (f.sd.hasVariable(statistic)) {
        f.sd.getVariable(statistic).getArr().assign(f.vector(0.2).muli(f.vector(0.3)).addi(1.5));
      }
    }

    DeploymentGraph deployed = Deployment.of(f.sd, List.of("out"), Map.of());

    assertThat(types(deployed.graph())).containsExactlyInAnyOrderElementsOf(form.left);
    if (form != Form.IDENTITIES) { // its dropout drops in the source
      INDArray x = f.gaussian(1, 4, 3, 5, 5);
      INDArray expected = f.sd.output(Map.of("x", x), "out").get("out").dup();
      assertThat(expected.amaxNumber().doubleValue()).isPositive();
      INDArray actual = deployed.graph().output(Map.of("x", x), "out").get("out");
      assertThat(Compare.assertEqual(form.name(), expected, actual)).isLessThan(1e-13);
    }
  }

  @Test
  void outputInTheMiddleKeepsItsNameAndValue() {
    SameDiff sd = Nets.vgg(DataType.DOUBLE, SEED);
    List<String> outputs = List.of("c1", "n2", "probs");
    DeploymentGraph deployed = Deployment.of(sd, outputs, Map.of());
    INDArray x = Nets.data(DataType.DOUBLE, SEED, 1, 5).get(0).getFeatures();
    Map<String, INDArray> expected = Probe.run(sd, Map.of("x", x), outputs);
    Map<String, INDArray> actual = Probe.run(deployed.graph(), Map.of("x", x), outputs);
    outputs.forEach(o -> Compare.assertEqual(o, expected.get(o), actual.get(o)));
    assertThat(deployed.changes()).isNotEmpty();
  }

  @Test
  void refusesWhatRoundingWouldChange() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 64);
    INDArray w = Nets.gaussian(DataType.FLOAT, new Random(SEED), 1, 64, 4);
    // step by step the digits behind the point are lost; folded they are not
    x.mmul(sd.var("w", w)).add(1e7).sub(1e7).rename("out");
    assertThatThrownBy(() -> Deployment.of(sd, List.of("out"), Map.of()))
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).isEqualTo(Code.NOT_EQUAL))
        .hasMessageContaining("\"out\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nothing", "x", "noise"})
  void refusesOutputsItCannotProve(String output) {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, 2, 3);
    x.add(sd.random().normal(0, 1, DataType.FLOAT, 2, 3)).rename("noise");
    assertThatThrownBy(() -> Deployment.of(sd, List.of(output), Map.of()))
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).isEqualTo(Code.BAD_OPTION))
        .hasMessageContaining("\"" + output + "\"");
  }

  @Test
  void refusesAGraphThatIsNothingButALoss() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 3);
    SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 3);
    sd.loss().meanSquaredError("loss", y, x, null);
    sd.setLossVariables("loss");
    assertThatThrownBy(() -> Deployment.of(sd))
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).isEqualTo(Code.BAD_OPTION))
        .hasMessageContaining("loss");
  }
}
