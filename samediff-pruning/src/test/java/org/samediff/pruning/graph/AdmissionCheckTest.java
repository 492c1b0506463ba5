package org.samediff.pruning.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.ops.TrainableBatchNorm;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.Trunk;

/** Pitfall 1 of ND4J 1.0.0-M2.1: what an op class does not write is lost in every clone. */
class AdmissionCheckTest {
  @BeforeAll
  static void register() {
    TrainableBatchNorm.register();
  }

  static Stream<Arguments> sound() {
    return Stream.of(
        Arguments.of("chain", (Supplier<SameDiff>) () -> Nets.chain(DataType.FLOAT, 7)),
        Arguments.of("chain nhwc", (Supplier<SameDiff>) () -> Nets.chain(DataType.FLOAT, 7, true)),
        Arguments.of("vgg", (Supplier<SameDiff>) () -> Nets.vgg(DataType.FLOAT, 7)),
        Arguments.of("vgg double", (Supplier<SameDiff>) () -> Nets.vgg(DataType.DOUBLE, 7)),
        Arguments.of("resnet", (Supplier<SameDiff>) () -> Nets.resnet(DataType.FLOAT, 7)),
        Arguments.of(
            "resnet nhwc", (Supplier<SameDiff>) () -> Nets.resnet(DataType.FLOAT, 7, true)),
        Arguments.of("variance, bias corrected", net(h -> variance(h, true))),
        Arguments.of("leaky relu", net(h -> h.getSameDiff().nn().leakyRelu("lr", h, 0.3))),
        Arguments.of("minimum with a constant", net(h -> extremum(h, false, false))),
        Arguments.of("maximum with a vector", net(h -> extremum(h, true, true))),
        Arguments.of("softmax", net(h -> h.getSameDiff().nn().softmax("sm", h, 1))));
  }

  private static Supplier<SameDiff> net(UnaryOperator<SDVariable> op) {
    return () -> Trunk.around(op);
  }

  /** Broadcasts the variance of each map over it. */
  private static SDVariable variance(SDVariable h, boolean corrected) {
    return h.add("plus", h.getSameDiff().variance("spread", h, corrected, true, 2, 3));
  }

  private static SDVariable extremum(SDVariable h, boolean maximum, boolean trained) {
    SameDiff sd = h.getSameDiff();
    INDArray values = Nd4j.linspace(DataType.DOUBLE, 0.1, 0.1, 8).reshape(8, 1, 1);
    SDVariable bound = trained ? sd.var("bound", values) : sd.constant("bound", values);
    return maximum ? sd.math().max("ext", h, bound) : sd.math().min("ext", h, bound);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("sound")
  void admits(String name, Supplier<SameDiff> net) {
    SameDiff sd = net.get();
    String before = GraphText.digest(sd);

    assertThatCode(() -> AdmissionCheck.require(sd, inputs(sd))).doesNotThrowAnyException();
    assertThat(GraphText.digest(sd)).isEqualTo(before);
    assertThat(sd.getFunction("grad")).as("no gradient function is left behind").isNull();
  }

  private static Map<String, INDArray> inputs(SameDiff sd) {
    return Probe.inputs(sd, 3, 1, List.of("y"));
  }

  @Test
  void whatGivesNoNumberEitherWayIsSaidToBeSo() {
    SameDiff sd = Trunk.around(h -> h.getSameDiff().math().log("lg", h));

    assertThatThrownBy(() -> AdmissionCheck.require(sd, inputs(sd)))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.NON_FINITE))
        .hasMessageContaining("log \"lg\" gives NaN or infinity in a plain run")
        .hasMessageContaining("apply(sd, inputs)");
  }

  static Stream<Arguments> traps() {
    return Stream.of(
        Arguments.of(
            "var \"spread\" computes something else in training", net(h -> variance(h, false))),
        Arguments.of("log_softmax \"ls\"", net(h -> h.getSameDiff().nn().logSoftmax("ls", h, 1))),
        Arguments.of("dropout \"drop\"", net(h -> h.getSameDiff().nn().dropout("drop", h, 0.5))),
        Arguments.of(
            "Where \"pick\"", net(h -> h.getSameDiff().where("pick", h, h.mul(0.5), h.gt(0.1)))),
        Arguments.of(
            "conv2d \"odd\" has weights in the format OIYX", weights(WeightsFormat.OIYX, 5)),
        Arguments.of(
            "conv2d \"odd\" has weights in the format OYXI", weights(WeightsFormat.OYXI, 5)),
        // all sides equal: the wrong format would be no error, only another gradient
        Arguments.of(
            "conv2d \"odd\" has weights in the format OIYX", weights(WeightsFormat.OIYX, 3)),
        Arguments.of(
            "minimum \"ext\" broadcasts \"bound\" from 8 to 864 elements",
            net(h -> extremum(h, false, true))),
        Arguments.of(
            "maximum \"ext\" broadcasts \"level\" from 1 to 864 elements",
            net(
                h -> {
                  SameDiff sd = h.getSameDiff();
                  return sd.math().max("ext", h, sd.var("level", DataType.DOUBLE, 1));
                })),
        Arguments.of("upsampling2d", net(h -> h.getSameDiff().cnn().upsampling2d("up", h, 2))));
  }

  private static Supplier<SameDiff> weights(WeightsFormat format, int filters) {
    return () -> {
      Trunk t = new Trunk();
      return t.close(t.conv("odd", t.x, format, 3, filters), filters);
    };
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("traps")
  void refusesByName(String named, Supplier<SameDiff> net) {
    SameDiff sd = net.get();
    String before = GraphText.digest(sd);

    assertThatThrownBy(() -> AdmissionCheck.require(sd, inputs(sd)))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.NOT_ADMITTED))
        .hasMessageContaining(named);
    assertThat(GraphText.digest(sd)).isEqualTo(before);
  }

  /** The reason for refusing equal sides: SameDiff's gradient is far from the finite difference. */
  @Test
  void otherWeightsFormatsDoTrainWrongly() {
    SameDiff sd = weights(WeightsFormat.OIYX, 3).get();
    Map<String, INDArray> inputs = inputs(sd);
    double gradient = sd.calculateGradients(inputs, "odd_W").get("odd_W").getDouble(0, 1, 2, 0);
    INDArray w = sd.getVariable("odd_W").getArr();
    double old = w.getDouble(0, 1, 2, 0);
    double h = 1e-5;
    w.putScalar(new int[] {0, 1, 2, 0}, old + h);
    double up = sd.output(inputs, "loss").get("loss").getDouble(0);
    w.putScalar(new int[] {0, 1, 2, 0}, old - h);
    double down = sd.output(inputs, "loss").get("loss").getDouble(0);

    assertThat(Math.abs((up - down) / (2 * h) - gradient)).isGreaterThan(1e-4);
  }

  /** The reason for refusing a broadcast minimum: the gradient is not summed. */
  @Test
  void theGradientOfABroadcastMinimumHasAnotherShape() {
    SameDiff sd = Trunk.around(h -> extremum(h, false, true));
    INDArray gradient = sd.calculateGradients(inputs(sd), "bound").get("bound");

    assertThat(gradient.shape()).isNotEqualTo(sd.getVariable("bound").getShape());
  }

  /** A trap of older notes that M2.1 passes: admitted, because its clone is right. */
  @Test
  void gatherByNumbersIsAdmittedAndItsCloneGathersTheSame() {
    Trunk t = new Trunk();
    SDVariable pooled = t.relu("r1", t.conv("c1", t.x, 3, 8)).mean("pool", false, 2, 3);
    SameDiff sd =
        t.closeFeatures(t.sd.gather("turned", pooled, new int[] {7, 6, 5, 4, 3, 2, 1, 0}, 1), 8);
    Map<String, INDArray> inputs = inputs(sd);

    assertThatCode(() -> AdmissionCheck.require(sd, inputs)).doesNotThrowAnyException();
    Map<String, INDArray> cloned =
        Probe.run(GradientFunction.of(sd), inputs, List.of("pool", "turned"));
    for (int n = 0; n < 3; n++) {
      for (int k = 0; k < 8; k++) {
        assertThat(cloned.get("turned").getDouble(n, k))
            .isEqualTo(cloned.get("pool").getDouble(n, 7 - k));
      }
    }
  }

  @Test
  void aBatchNormWithoutTheDerivativeOfThisLibraryIsAdmittedOnceThatIsRegistered() {
    SameDiff sd =
        Trunk.around(
            h -> {
              SameDiff g = h.getSameDiff();
              return g.nn()
                  .batchNorm(
                      "bn",
                      h,
                      g.constant("m", Nd4j.zeros(DataType.DOUBLE, 8)),
                      g.constant("v", Nd4j.ones(DataType.DOUBLE, 8)),
                      g.var("g", Nd4j.ones(DataType.DOUBLE, 8)),
                      g.var("b", Nd4j.zeros(DataType.DOUBLE, 8)),
                      1e-5,
                      1);
            });

    assertThatCode(() -> AdmissionCheck.require(sd, inputs(sd))).doesNotThrowAnyException();
  }

  @Test
  void runningAveragesOfTheUsersGraphAreNotTouched() {
    SameDiff sd = Nets.resnet(DataType.FLOAT, 7);
    INDArray mean = sd.getVariable("stem_bn/mean").getArr();
    INDArray before = mean.dup();
    AdmissionCheck.require(sd, inputs(sd));

    assertThat(sd.getVariable("stem_bn/mean").getArr()).isSameAs(mean).isEqualTo(before);
  }
}
