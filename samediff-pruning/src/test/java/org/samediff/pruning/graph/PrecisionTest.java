package org.samediff.pruning.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.shape.Create;
import org.nd4j.linalg.api.ops.impl.shape.Eye;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.testing.Nets;

/** Copies of graphs in another precision. */
class PrecisionTest {
  private static final long SEED = 17;

  static Stream<Arguments> graphs() {
    return Stream.of(
        graph("chain", () -> Nets.chain(DataType.FLOAT, SEED)),
        graph("vgg", () -> Nets.vgg(DataType.FLOAT, SEED)),
        graph("resnet nhwc", () -> Nets.resnet(DataType.FLOAT, SEED, true)),
        on("scalars", x -> x.mul(0.3).add(1.5).rsub(2.0).pow(2).rdiv(0.7)),
        on("cast to float and back", x -> x.castTo(DataType.INT32).castTo(DataType.FLOAT).add(x)),
        on("comparison", x -> x.mul(x.gt(0.1).castTo(DataType.FLOAT))),
        on("zeros and ones like", x -> x.add(sd(x).onesLike(x)).add(sd(x).zerosLike(x))),
        on("ones as", x -> x.add(sd(x).onesLike("ones", x, DataType.FLOAT))),
        on("linspace", x -> x.add(sd(x).linspace(DataType.FLOAT, 0.0, 1.0, 5))),
        on("range", x -> x.add(sd(x).range(0.0, 5.0, 1.0, DataType.FLOAT))),
        on(
            "fill",
            x -> x.add(sd(x).fill(sd(x).constant(Nd4j.createFromArray(5)), DataType.FLOAT, 0.25))),
        on("eye", x -> x.mmul(new Eye(sd(x), 5, 5, DataType.FLOAT).outputVariable())),
        on("one hot", x -> x.add(oneHot(x))),
        on(
            "create",
            x ->
                x.add(
                    new Create(null, sd(x), sd(x).constant(Nd4j.createFromArray(5)), true)
                        .outputVariable())),
        on("arg max as a number", x -> x.add(x.argmax(1).castTo(DataType.FLOAT).mean())),
        on("shape as numbers", x -> x.div(x.shape().castTo(DataType.FLOAT).sum())),
        on("leaky relu", x -> sd(x).nn().leakyRelu(x, 0.3)),
        on("softmax", x -> sd(x).nn().softmax(x, 1)),
        on("standard deviation", x -> x.add(x.std("std", false, true, 1))),
        on("clip", x -> sd(x).math().clipByValue(x, -0.5, 0.5)),
        on("where", x -> sd(x).where(x, x.neg(), x.gt(0.0))));
  }

  private static SDVariable oneHot(SDVariable x) {
    SDVariable index = sd(x).constant(Nd4j.createFromArray(2));
    return sd(x).oneHot(index, 5, 1, 1.0, 0.0, DataType.FLOAT);
  }

  private static SameDiff sd(SDVariable x) {
    return x.getSameDiff();
  }

  private static Arguments graph(String name, Supplier<SameDiff> build) {
    return Arguments.of(name, build);
  }

  /** One dense layer of five, then what is given. */
  private static Arguments on(String name, UnaryOperator<SDVariable> op) {
    return graph(
        name,
        () -> {
          SameDiff sd = SameDiff.create();
          INDArray w = Nets.gaussian(DataType.FLOAT, new Random(SEED), 0.5, 4, 5);
          SDVariable h = sd.placeHolder("x", DataType.FLOAT, -1, 4).mmul(sd.var("w", w));
          op.apply(h).mul("out", 1.0);
          return sd;
        });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("graphs")
  void theDoubleCopyComputesTheSameInDouble(String name, Supplier<SameDiff> build) {
    SameDiff sd = build.get();
    String before = GraphText.digest(sd);
    Map<String, INDArray> inputs = Probe.inputs(sd, 3, SEED, List.of("y"));
    List<String> activations = activations(sd);
    Map<String, INDArray> expected = Probe.run(sd, inputs, activations);

    SameDiff wide = GraphCopy.from(sd).inPrecision(DataType.DOUBLE).build();

    assertThat(GraphVerifier.faults(wide)).isEmpty();
    Map<String, INDArray> actual = Probe.run(wide, in(DataType.DOUBLE, inputs), activations);
    for (String a : activations) {
      DataType was = expected.get(a).dataType();
      assertThat(actual.get(a).dataType())
          .as("%s: dtype of %s", name, a)
          .isEqualTo(was.isFPType() ? DataType.DOUBLE : was);
      Difference d = Difference.between(expected.get(a), actual.get(a), 1e-4, 1e-4);
      assertThat(d.within()).as("seed %d, %s: %s, %s", SEED, name, a, d).isTrue();
    }
    for (GraphView.Var v : GraphView.of(wide).variables()) {
      assertThat(v.dtype()).as(v.name()).isNotIn(DataType.FLOAT, DataType.HALF, DataType.BFLOAT16);
    }
    assertThat(GraphText.digest(sd)).isEqualTo(before);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("graphs")
  void wideAndBackIsTheSameGraph(String name, Supplier<SameDiff> build) {
    SameDiff sd = GraphCopy.from(build.get()).inPrecision(DataType.FLOAT).build();

    SameDiff wide = GraphCopy.from(sd).inPrecision(DataType.DOUBLE).build();
    SameDiff back = GraphCopy.from(wide).inPrecision(DataType.FLOAT).build();

    assertThat(GraphText.digest(back)).as(name).isEqualTo(GraphText.digest(sd));
  }

  @Test
  void theDoubleCopyIsMorePreciseThanTheOriginal() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, 1);
    x.add(1e8).sub("out", 1e8);
    Map<String, INDArray> inputs = Map.of("x", Nd4j.createFromArray(1.0f));

    SameDiff wide = GraphCopy.from(sd).inPrecision(DataType.DOUBLE).build();

    assertThat(Probe.run(sd, inputs, List.of("out")).get("out").getDouble(0)).isZero();
    assertThat(Probe.run(wide, in(DataType.DOUBLE, inputs), List.of("out")).get("out").getDouble(0))
        .isEqualTo(1);
  }

  @Test
  void halfAndFloatBecomeOne() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 3);
    SDVariable w = sd.var("w", Nd4j.ones(DataType.HALF, 3, 2));
    x.castTo(DataType.HALF).mmul(w).castTo("out", DataType.FLOAT);

    SameDiff single = GraphCopy.from(sd).inPrecision(DataType.FLOAT).build();

    INDArray out =
        Probe.run(
                single,
                Map.of("x", Nd4j.createFromArray(new float[][] {{1, 2, 3}})),
                List.of("out"))
            .get("out");
    assertThat(out.toDoubleVector()).containsExactly(6, 6);
    for (GraphView.Var v : GraphView.of(single).variables()) {
      assertThat(v.dtype()).as(v.name()).isEqualTo(DataType.FLOAT);
    }
  }

  @Test
  void theDoubleCopyTrainsAsItsSourceDoes() {
    SameDiff sd = Nets.resnet(DataType.FLOAT, SEED);
    Map<String, INDArray> inputs = Probe.inputs(sd, 4, SEED, List.of("y"));
    SameDiff wide = GraphCopy.from(sd).inPrecision(DataType.DOUBLE).build();

    INDArray expected =
        Probe.run(GradientFunction.of(GraphCopy.of(sd)), inputs, List.of("loss")).get("loss");
    INDArray actual =
        Probe.run(GradientFunction.of(wide), in(DataType.DOUBLE, inputs), List.of("loss"))
            .get("loss");

    assertThat(actual.dataType()).isEqualTo(DataType.DOUBLE);
    Difference d = Difference.between(expected, actual, 1e-4, 1e-4);
    assertThat(d.within()).as("seed %d: %s", SEED, d).isTrue();
  }

  private static Map<String, INDArray> in(DataType type, Map<String, INDArray> inputs) {
    Map<String, INDArray> result = new LinkedHashMap<>();
    inputs.forEach((name, a) -> result.put(name, a.dataType().isFPType() ? a.castTo(type) : a));
    return result;
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
}
