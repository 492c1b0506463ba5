package org.samediff.pruning.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.listeners.impl.ScoreListener;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.Conv2D;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.Trunk;

class GraphCopyTest {
  static Stream<Arguments> nets() {
    return Stream.of(
        net("chain", () -> Nets.chain(DataType.FLOAT, 7)),
        net("chain nhwc", () -> Nets.chain(DataType.FLOAT, 7, true)),
        net("vgg double", () -> Nets.vgg(DataType.DOUBLE, 7)),
        net("resnet", () -> Nets.resnet(DataType.FLOAT, 7)),
        net("resnet nhwc", () -> Nets.resnet(DataType.FLOAT, 7, true)),
        net("weights OIYX", () -> weights(WeightsFormat.OIYX)),
        net("weights OYXI", () -> weights(WeightsFormat.OYXI)),
        net("variance without correction", GraphCopyTest::spread),
        net("leaky relu", () -> around(h -> h.getSameDiff().nn().leakyRelu("lr", h, 0.3))),
        net("log softmax", () -> around(h -> h.getSameDiff().nn().logSoftmax("ls", h, 1))),
        net("standard deviation", () -> around(h -> h.add(h.std("s", false, true, 2, 3)))),
        net("cumsum", () -> around(h -> h.getSameDiff().cumsum("cs", h, true, true, 1))),
        net("scalars", () -> around(h -> h.mul(0.3).add(1.5).rsub(2.0))),
        net("permuted", () -> around(h -> h.permute(0, 1, 3, 2))));
  }

  private static Arguments net(String name, Supplier<SameDiff> build) {
    return Arguments.of(name, build);
  }

  private static SameDiff weights(WeightsFormat format) {
    Trunk t = new Trunk();
    return t.close(t.conv("odd", t.x, format, 3, 5), 5);
  }

  private static SameDiff spread() {
    return around(h -> h.add(h.getSameDiff().variance("spread", h, false, true, 2, 3)));
  }

  private static SameDiff around(UnaryOperator<SDVariable> op) {
    return Trunk.around(op);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("nets")
  void everyActivationIsBitEqualAndTheTextTheSame(String name, Supplier<SameDiff> build) {
    SameDiff sd = build.get();
    String before = GraphText.digest(sd);
    SameDiff copy = GraphCopy.of(sd);

    Map<String, INDArray> inputs = Probe.inputs(sd, 3, 1, List.of("y"));
    List<String> activations = activations(sd);
    Map<String, INDArray> expected = Probe.run(sd, inputs, activations);
    Map<String, INDArray> actual = Probe.run(copy, inputs, activations);
    for (String a : activations) {
      assertThat(bits(actual.get(a))).as(a).isEqualTo(bits(expected.get(a)));
    }
    assertThat(GraphText.digest(copy)).isEqualTo(GraphText.digest(sd)).isEqualTo(before);
    assertThat(GraphVerifier.faults(copy)).isEmpty();
  }

  private static List<String> activations(SameDiff sd) {
    List<String> names = new ArrayList<>();
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (v.type() == VariableType.ARRAY) {
        names.add(v.name());
      }
    }
    return names;
  }

  private static long[] bits(INDArray a) {
    return Arrays.stream(a.dup('c').data().asDouble())
        .mapToLong(Double::doubleToRawLongBits)
        .toArray();
  }

  @Test
  void dupLosesTheVarianceFlagAndTheCopyDoesNot() {
    SameDiff sd = spread();
    Map<String, INDArray> inputs = Probe.inputs(sd, 3, 1, List.of("y"));
    INDArray loss = Probe.run(sd, inputs, List.of("loss")).get("loss");

    assertThat(Probe.run(GraphCopy.of(sd), inputs, List.of("loss")).get("loss")).isEqualTo(loss);
    Difference byDup =
        Difference.between(loss, Probe.run(sd.dup(), inputs, List.of("loss")).get("loss"), 0, 0);
    assertThat(byDup.maxAbsolute()).as("SameDiff.dup() was mended: GraphCopy may go").isPositive();
  }

  @Test
  void dupLosesTheWeightsFormatAndTheCopyDoesNot() {
    SameDiff sd = weights(WeightsFormat.OIYX);

    assertThat(format(GraphCopy.of(sd))).isEqualTo(WeightsFormat.OIYX);
    assertThat(format(sd.dup())).as("SameDiff.dup() was mended").isNotEqualTo(WeightsFormat.OIYX);
  }

  private static WeightsFormat format(SameDiff sd) {
    Conv2D conv = (Conv2D) GraphView.of(sd).producer("odd").orElseThrow().function();
    return conv.getConfig().getWeightsFormat();
  }

  @Test
  void attributesOfTheCopyAreItsOwn() {
    SameDiff sd = weights(WeightsFormat.OIYX);
    SameDiff copy = GraphCopy.of(sd);
    Conv2D original = (Conv2D) GraphView.of(sd).producer("odd").orElseThrow().function();
    Conv2D copied = (Conv2D) GraphView.of(copy).producer("odd").orElseThrow().function();

    assertThat(copied).isNotSameAs(original);
    assertThat(copied.getConfig())
        .isNotSameAs(original.getConfig())
        .isEqualTo(original.getConfig());
    copied.getConfig().setSH(2);
    assertThat(original.getConfig().getSH()).isEqualTo(1);
    assertThat(copied.getSameDiff()).isSameAs(copy);
    OpAttributes.setIntegerArgument(copy, copied.getOwnName(), 2, 5);
    assertThat(original.iArgs()[2]).isEqualTo(1);
  }

  @Test
  void arraysAreIndependentAndKeepTheirOrder() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    sd.getVariable("fc_W").setArray(sd.getVariable("fc_W").getArr().dup('f'));
    SameDiff copy = GraphCopy.of(sd);
    String before = GraphText.digest(sd);
    sd.getVariables()
        .keySet()
        .forEach(
            name -> {
              INDArray a = copy.getVariable(name).getArr();
              if (a != null) {
                assertThat(a).as(name).isNotSameAs(sd.getVariable(name).getArr());
                a.addi(1);
              }
            });

    assertThat(copy.getVariable("fc_W").getArr().ordering()).isEqualTo('f');
    assertThat(GraphText.digest(sd)).isEqualTo(before);
    assertThat(GraphText.digest(copy)).isNotEqualTo(before);
  }

  static Stream<IUpdater> updaters() {
    return Stream.of(
        new Sgd(0.05),
        new Nesterovs(
            new MapSchedule(ScheduleType.ITERATION, new LinkedHashMap<>(Map.of(0, 0.05, 3, 0.01))),
            0.9),
        new Adam(1e-3),
        new AMSGrad(1e-3));
  }

  /** Copied in the middle of a run, the copy goes on exactly as the original does. */
  @ParameterizedTest
  @MethodSource("updaters")
  void trainingConfigCountersAndUpdaterStateAreCopied(IUpdater updater) {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    Nets.train(sd, updater, new L2Regularization(1e-3));
    List<DataSet> data = Nets.data(DataType.FLOAT, 3, 2, 4);
    sd.fit(new Batches(data), 1);

    SameDiff copy = GraphCopy.of(sd);
    assertThat(copy.getTrainingConfig()).isNotSameAs(sd.getTrainingConfig());
    assertThat(copy.getTrainingConfig().getIterationCount()).isEqualTo(2);
    assertThat(copy.getTrainingConfig().getEpochCount()).isEqualTo(1);
    assertThat(copy.getTrainingConfig().getUpdater()).isEqualTo(updater).isNotSameAs(updater);
    for (String parameter : sd.getUpdaterMap().keySet()) {
      Map<String, INDArray> copied = state(copy, parameter);
      assertThat(copied).as(parameter).isEqualTo(state(sd, parameter));
      state(sd, parameter)
          .forEach((key, array) -> assertThat(copied.get(key)).as(key).isNotSameAs(array));
    }

    copy.fit(new Batches(data), 2);
    assertThat(sd.getTrainingConfig().getIterationCount()).isEqualTo(2);
    assertThat(sd.getTrainingConfig().getEpochCount()).isEqualTo(1);
    String halfWay = GraphText.digest(copy);
    sd.fit(new Batches(data), 2);
    assertThat(GraphText.digest(sd)).isEqualTo(halfWay);
  }

  @Test
  void anotherLearningRateInTheCopyIsNotTheOriginals() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    SameDiff copy = GraphCopy.of(sd);
    copy.getTrainingConfig().getUpdater().setLrAndSchedule(0.5, null);
    copy.getTrainingConfig().getDataSetFeatureMapping().set(0, "other");
    copy.getTrainingConfig().setIterationCount(99);

    assertThat(sd.getTrainingConfig().getUpdater().getLearningRate(0, 0)).isEqualTo(0.05);
    assertThat(sd.getTrainingConfig().getDataSetFeatureMapping()).containsExactly("x");
    assertThat(sd.getTrainingConfig().getIterationCount()).isZero();
  }

  @Test
  void listenersLossOutputsAndPlaceholdersAreCarried() {
    SameDiff sd = Nets.vgg(DataType.FLOAT, 7);
    ScoreListener mine = new ScoreListener(5);
    sd.addListeners(mine);
    sd.setOutputs("probs");
    SameDiff copy = GraphCopy.of(sd);

    assertThat(copy.getListeners()).containsExactlyElementsOf(sd.getListeners()).contains(mine);
    copy.setListeners();
    assertThat(sd.getListeners()).contains(mine);
    assertThat(copy.getLossVariables()).containsExactly("loss");
    assertThat(copy.outputs()).containsExactly("probs");
    assertThat(copy.getVariable("x").placeholderShape()).containsExactly(-1, 3, 12, 12);
    assertThat(copy.getVariable("x").dataType()).isEqualTo(DataType.FLOAT);
    assertThat(copy.getVariable("y").placeholderShape()).containsExactly(-1, 4);
    copy.getVariable("x").placeholderShape()[1] = 77;
    assertThat(sd.getVariable("x").placeholderShape()).containsExactly(-1, 3, 12, 12);
  }

  @Test
  void aPlaceholderWithoutShapeStaysOne() {
    SameDiff sd = SameDiff.create();
    sd.math().abs("out", sd.placeHolder("x", DataType.FLOAT, (long[]) null));

    assertThat(GraphCopy.of(sd).getVariable("x").placeholderShape()).isNull();
  }

  @Test
  void updaterStateCanBeLeftOut() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    sd.fit(new Batches(Nets.data(DataType.FLOAT, 3, 1, 4)), 1);

    SameDiff copy = GraphCopy.from(sd).withoutUpdaterState().build();
    assertThat(copy.isInitializedTraining()).isFalse();
    assertThat(copy.getTrainingConfig().getIterationCount()).isEqualTo(1);
  }

  @Test
  void theGradientFunctionIsMadeAnew() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    GradientFunction.of(sd);
    SameDiff copy = GraphCopy.of(sd);

    assertThat(copy.getFunction("grad")).isNull();
    assertThat(GradientFunction.of(copy)).isNotSameAs(GradientFunction.of(sd));
  }

  @Test
  void droppingAndRedirectingTakesAnOpOut() {
    SameDiff sd = around(h -> h.getSameDiff().math().tanh("extra", h));
    SameDiff without = around(h -> h);
    String extra = GraphView.of(sd).producer("extra").orElseThrow().name();
    SameDiff copy =
        GraphCopy.from(sd)
            .dropping(extra::equals, "extra"::equals)
            .redirecting(Map.of("extra", "r1"))
            .build();

    assertThat(GraphText.digest(copy)).isEqualTo(GraphText.digest(without));
    assertThat(GraphVerifier.faults(copy)).isEmpty();
    assertThat(GraphView.of(sd).has("extra")).isTrue();
  }

  @Test
  void aLossThatIsRedirectedIsFollowed() {
    SameDiff sd = SameDiff.create();
    SDVariable w = sd.var("w", Nd4j.ones(2));
    SDVariable loss = w.sum("loss");
    sd.math().square("wrapped", loss);
    sd.setLossVariables("wrapped");
    String op = GraphView.of(sd).producer("wrapped").orElseThrow().name();

    SameDiff copy =
        GraphCopy.from(sd)
            .dropping(op::equals, "wrapped"::equals)
            .redirecting(Map.of("wrapped", "loss"))
            .build();
    assertThat(copy.getLossVariables()).containsExactly("loss");
  }

  @Test
  void arraysAndStateCanBeReplacedOnTheWay() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    sd.fit(new Batches(Nets.data(DataType.FLOAT, 3, 1, 4)), 1);
    SameDiff copy =
        GraphCopy.from(sd)
            .arrays((name, a) -> name.equals("fc_b") ? a.add(1) : a.dup(a.ordering()))
            .updaterState((name, a) -> name.equals("fc_b") ? a.mul(0) : a.dup(a.ordering()))
            .build();

    assertThat(copy.getVariable("fc_b").getArr()).isEqualTo(sd.getVariable("fc_b").getArr().add(1));
    assertThat(copy.getVariable("fc_W").getArr()).isEqualTo(sd.getVariable("fc_W").getArr());
    assertThat(state(copy, "fc_b").get("V").norm2Number().doubleValue()).isZero();
    assertThat(state(sd, "fc_b").get("V").norm2Number().doubleValue()).isPositive();
  }

  private static Map<String, INDArray> state(SameDiff sd, String parameter) {
    GradientUpdater<?> updater = sd.getUpdaterMap().get(parameter);
    return updater.getState();
  }

  @Test
  void subFunctionsAndControlDependenciesAreCopied() {
    SameDiff sd = SameDiff.create();
    SDVariable a = sd.var("a", Nd4j.ones(2));
    SDVariable b = sd.math().abs("b", a);
    SDVariable c = sd.math().neg("c", a);
    c.addControlDependency(b);
    SameDiff inner = SameDiff.create();
    inner.var("inside", Nd4j.ones(3));
    sd.putSubFunction("helper", inner);
    SameDiff copy = GraphCopy.of(sd);

    assertThat(copy.getFunction("helper")).isNotNull().isNotSameAs(inner);
    assertThat(copy.getFunction("helper").getVariable("inside").getArr())
        .isEqualTo(Nd4j.ones(3))
        .isNotSameAs(inner.getVariable("inside").getArr());
    // between two activations the dependency is kept at their ops
    String before = GraphView.of(sd).producer("b").orElseThrow().name();
    String after = GraphView.of(sd).producer("c").orElseThrow().name();
    assertThat(sd.getOps().get(after).getControlDeps()).containsExactly(before);
    assertThat(copy.getOps().get(after).getControlDeps())
        .containsExactly(before)
        .isNotSameAs(sd.getOps().get(after).getControlDeps());
    assertThat(copy.getOps().get(before).getControlDepFor()).containsExactly(after);
  }

  /** A dependency on a variable is kept at the variable and the op. */
  @Test
  void controlDependenciesOnVariablesAreCopied() {
    SameDiff sd = SameDiff.create();
    SDVariable a = sd.var("a", Nd4j.ones(2));
    SDVariable w = sd.var("w", Nd4j.ones(2));
    sd.math().abs("b", a).addControlDependency(w);
    SameDiff copy = GraphCopy.of(sd);
    String op = GraphView.of(sd).producer("b").orElseThrow().name();

    assertThat(copy.getOps().get(op).getVarControlDeps()).containsExactly("w");
    assertThat(copy.getVariables().get("w").getControlDepsForOp()).containsExactly(op);
  }

  @Test
  void theGradientOfTheCopyIsTheOriginals() {
    SameDiff sd = Nets.resnet(DataType.FLOAT, 7);
    Map<String, INDArray> inputs = Probe.inputs(sd, 3, 1, List.of("y"));
    SameDiff copy = GraphCopy.of(sd);
    String[] parameters = {"stem_W", "a_bn2/gamma", "b_c3_W", "fc_b"};

    assertThat(copy.calculateGradients(inputs, parameters))
        .isEqualTo(sd.calculateGradients(inputs, parameters));
  }
}
