package org.samediff.pruning.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.IdentityN;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.testing.Nets;

/** {@code L = sum(c * tanh(mask(w)))}: the mask op alone between a variable and a loss. */
class GradientMaskTest {
  private static final long SEED = 11;
  private static final long[] SHAPE = {3, 4, 2, 5};

  static Stream<Arguments> typesAndAxes() {
    return Stream.of(DataType.FLOAT, DataType.DOUBLE)
        .flatMap(type -> Stream.of(0, 1, 3).map(axis -> Arguments.of(type, axis)));
  }

  private static INDArray weights(DataType type) {
    INDArray w = Nets.gaussian(type, new Random(SEED), 0.7, SHAPE);
    w.putScalar(0, -0.0);
    w.putScalar(1, 1e-40);
    w.putScalar(2, 3e30);
    return w;
  }

  /** Every second index along the axis is masked. */
  private static INDArray mask(DataType type, int axis) {
    long[] shape = new long[SHAPE.length - axis];
    Arrays.fill(shape, 1);
    shape[0] = SHAPE[axis];
    INDArray mask = Nd4j.ones(type, shape);
    for (int i = 1; i < SHAPE[axis]; i += 2) {
      mask.putScalar(i, 0);
    }
    return mask;
  }

  /** The same mask in w's shape, written out. */
  private static INDArray written(DataType type, int axis) {
    INDArray full = Nd4j.create(type, SHAPE);
    long inner = 1;
    for (int d = axis + 1; d < SHAPE.length; d++) {
      inner *= SHAPE[d];
    }
    for (long i = 0; i < full.length(); i++) {
      full.putScalar(i, i / inner % SHAPE[axis] % 2 == 0 ? 1 : 0);
    }
    return full;
  }

  private static SDVariable masked(SameDiff sd, String name, SDVariable w, SDVariable mask) {
    SDVariable[] outputs = GradientMask.apply(sd, List.of(w), List.of(mask));
    assertThat(outputs).hasSize(2);
    return sd.updateVariableNameAndReference(outputs[0], name);
  }

  private static SameDiff graph(DataType type, INDArray w, INDArray mask) {
    SameDiff sd = SameDiff.create();
    SDVariable y = masked(sd, "y", sd.var("w", w), sd.constant("mask", mask));
    SDVariable c = sd.constant("c", Nets.gaussian(type, new Random(SEED + 1), 1, SHAPE));
    sd.math().tanh(y).mul(c).sum("loss");
    sd.setLossVariables("loss");
    return sd;
  }

  @ParameterizedTest
  @MethodSource("typesAndAxes")
  void forwardIsTheIdentityToTheBit(DataType type, int axis) {
    INDArray w = weights(type);
    SameDiff sd = graph(type, w.dup(), mask(type, axis));

    INDArray y = sd.outputSingle(Map.of(), "y");

    assertThat(y.dup('c').data().asBytes())
        .as("seed %d: bytes of y", SEED)
        .isEqualTo(w.dup('c').data().asBytes());
  }

  @ParameterizedTest
  @MethodSource("typesAndAxes")
  void gradientIsMaskTimesGradient(DataType type, int axis) {
    SameDiff sd = graph(type, weights(type), mask(type, axis));

    Map<String, INDArray> g = Compare.gradients(sd, Map.of(), List.of("w", "y"));

    INDArray full = written(type, axis);
    Compare.assertSame("seed " + SEED, g.get("y").mul(full), g.get("w"));
    assertThat(full.sumNumber().doubleValue()).as("some masked, some not").isBetween(1.0, 119.0);
    assertThat(g.get("y").mul(full.rsub(1)).norm2Number().doubleValue())
        .as("what the mask holds back is not nothing")
        .isGreaterThan(0.1);
  }

  @ParameterizedTest
  @MethodSource("typesAndAxes")
  void maskThatIsWrittenInPlaceActsAtOnce(DataType type, int axis) {
    SameDiff sd = graph(type, weights(type), mask(type, axis));
    Map<String, INDArray> before = Compare.gradients(sd, Map.of(), List.of("w", "y"));
    SameDiff function = sd.getFunction("grad");

    sd.getVariable("mask").getArr().assign(1);
    Map<String, INDArray> ones = Compare.gradients(sd, Map.of(), List.of("w", "y"));
    sd.getVariable("mask").getArr().assign(0);
    Map<String, INDArray> zeros = Compare.gradients(sd, Map.of(), List.of("w", "y"));

    assertThat(sd.getFunction("grad")).isSameAs(function);
    Compare.assertSame("ones", before.get("y"), ones.get("w"));
    assertThat(zeros.get("w").norm2Number().doubleValue()).isZero();
    assertThat(before.get("w").norm2Number().doubleValue()).isGreaterThan(0);
  }

  @ParameterizedTest
  @MethodSource("typesAndAxes")
  void survivesSaveLoadAndCopy(DataType type, int axis, @TempDir Path dir) throws IOException {
    SameDiff sd = graph(type, weights(type), mask(type, axis));
    File file = dir.resolve("mask.fb").toFile();
    sd.save(file, false);

    for (SameDiff again : List.of(SameDiff.load(file, false), GraphCopy.of(sd), sd.dup())) {
      again.setLossVariables("loss");
      Compare.assertSame("y", sd.outputSingle(Map.of(), "y"), again.outputSingle(Map.of(), "y"));
      Compare.assertSame(
          "dL/dw",
          Compare.gradients(sd, Map.of(), List.of("w")).get("w"),
          Compare.gradients(again, Map.of(), List.of("w")).get("w"));
    }
  }

  /** The forward value does not feel the mask, so the slopes do not either: they get it here. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void gradientAgainstFiniteDifferences(int axis) {
    DataType type = DataType.DOUBLE;
    SameDiff sd = graph(type, Nets.gaussian(type, new Random(SEED), 0.7, SHAPE), mask(type, axis));
    INDArray gradient = Compare.gradients(sd, Map.of(), List.of("w")).get("w");

    double[] slopes =
        Compare.slopes(
            sd.getVariable("w").getArr(),
            1e-5,
            () -> Probe.run(sd, Map.of(), List.of("loss")).get("loss").getDouble(0));

    double[] m = Compare.values(written(type, axis));
    for (int i = 0; i < m.length; i++) {
      slopes[i] *= m[i];
    }
    assertThat(Compare.worst(slopes, Compare.values(gradient)))
        .as("seed %d: largest difference to central differences, of the scale", SEED)
        .isLessThan(1e-8);
  }

  @ParameterizedTest
  @MethodSource("typesAndAxes")
  void twoMasksOnOneVariableMultiply(DataType type, int axis) {
    SameDiff sd = SameDiff.create();
    SDVariable w = sd.var("w", weights(type));
    SDVariable first = masked(sd, "y0", w, sd.constant("m0", mask(type, axis)));
    SDVariable y = masked(sd, "y", first, sd.constant("m2", mask(type, 2)));
    sd.math().tanh(y).sum("loss");
    sd.setLossVariables("loss");

    Map<String, INDArray> g = Compare.gradients(sd, Map.of(), List.of("w", "y"));

    Compare.assertSame(
        "both masks", g.get("y").mul(written(type, axis)).mul(written(type, 2)), g.get("w"));
  }

  /** A filter, and as many vectors as there may be beside it: with partners for two at a time. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5})
  void manyParametersUnderSharedMasks(int vectors) {
    DataType type = DataType.DOUBLE;
    Random random = new Random(SEED);
    SameDiff sd = SameDiff.create();
    SDVariable shared = sd.constant("shared", mask(type, 3));
    SDVariable other = sd.constant("other", Nd4j.createFromArray(0.0, 0, 1, 1, 0));
    List<SDVariable> parameters = new ArrayList<>(List.of(sd.var("w", weights(type))));
    List<SDVariable> masks = new ArrayList<>(List.of(shared));
    for (int i = 0; i < vectors; i++) {
      parameters.add(sd.var("v" + i, Nets.gaussian(type, random, 1, 5)));
      masks.add(i == 2 ? other : shared);
    }
    SDVariable[] y = GradientMask.apply(sd, parameters, masks);
    List<String> names = new ArrayList<>();
    SDVariable sum = null;
    for (int i = 0; i <= vectors; i++) {
      sd.updateVariableNameAndReference(y[i], "y" + i);
      names.add("y" + i);
      SDVariable term = sd.math().tanh(y[i]).mul(i + 1.5).sum("term" + i);
      sum = sum == null ? term : sum.add(term);
    }
    sd.updateVariableNameAndReference(sum, "loss");
    sd.setLossVariables("loss");
    List<String> variables = parameters.stream().map(SDVariable::name).toList();
    List<String> all = new ArrayList<>(variables);
    all.addAll(names);

    Map<String, INDArray> g = Compare.gradients(sd, Map.of(), all);

    for (int i = 0; i <= vectors; i++) {
      INDArray mask = i == 3 ? other.getArr() : shared.getArr();
      INDArray full = i == 0 ? written(type, 3) : mask;
      Compare.assertSame(
          "parameter " + i + " of " + vectors, g.get("y" + i).mul(full), g.get(variables.get(i)));
      Compare.assertSame(
          "value " + i,
          sd.getVariable(variables.get(i)).getArr(),
          Probe.run(sd, Map.of(), List.of("y" + i)).get("y" + i));
    }
  }

  /** The op whose name this class has taken: without masks it is an identity that trains. */
  @Test
  void plainIdentityHasItsDerivative() {
    GradientMask.register();
    SameDiff sd = SameDiff.create();
    SDVariable a = sd.var("a", Nets.gaussian(DataType.DOUBLE, new Random(SEED), 1, 3));
    SDVariable b = sd.var("b", Nets.gaussian(DataType.DOUBLE, new Random(SEED + 1), 1, 3));
    SDVariable[] y = new IdentityN(sd, new SDVariable[] {a, b}).outputVariables();
    y[0].mul(y[1]).sum("loss");
    sd.setLossVariables("loss");

    Map<String, INDArray> g = Compare.gradients(sd, Map.of(), List.of("a", "b"));

    Compare.assertSame("dL/da", b.getArr(), g.get("a"));
    Compare.assertSame("dL/db", a.getArr(), g.get("b"));
  }

  @Test
  void refusesAnUnevenNumberOfMasks() {
    SameDiff sd = SameDiff.create();
    SDVariable w = sd.var("w", DataType.FLOAT, 3);

    assertThatThrownBy(() -> GradientMask.apply(sd, List.of(w, w), List.of(w)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 parameters and 1 masks");
  }
}
