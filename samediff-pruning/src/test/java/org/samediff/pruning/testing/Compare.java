package org.samediff.pruning.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.GradientFunction;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;

/** How tests compare arrays, graphs and gradients. */
public final class Compare {
  private Compare() {}

  public static double[] values(INDArray array) {
    return array.dup('c').data().asDouble();
  }

  /** Same shape, same dtype, same numbers; +0.0 and -0.0 are the same number, NaN is none. */
  public static void assertSame(String what, INDArray expected, INDArray actual) {
    assertThat(actual.shape()).as("%s: shape", what).isEqualTo(expected.shape());
    assertThat(actual.dataType()).as("%s: dtype", what).isEqualTo(expected.dataType());
    double[] e = values(expected);
    double[] a = values(actual);
    for (int i = 0; i < e.length; i++) {
      if (!(e[i] == a[i])) {
        assertThat(a[i]).as("%s: element %d of %d", what, i, e.length).isEqualTo(e[i]);
      }
    }
  }

  /** The tolerance that compaction promises; returns the largest difference over the scale. */
  public static double assertEqual(String what, INDArray expected, INDArray actual) {
    boolean wide = expected.dataType() == DataType.DOUBLE;
    double absolute = wide ? 1e-9 * expected.amaxNumber().doubleValue() : 1e-5;
    Difference d = Difference.between(expected, actual, absolute, wide ? 1e-9 : 1e-4);
    assertThat(d.within())
        .as(
            "%s: %s expected, %s found, largest difference %s, %s of the scale",
            what, d.expected(), d.actual(), d.maxAbsolute(), d.maxRelative())
        .isTrue();
    return d.maxRelative();
  }

  /** Every variable and constant of a graph, copied, by name. */
  public static Map<String, INDArray> arrays(SameDiff sd) {
    Map<String, INDArray> result = new LinkedHashMap<>();
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (v.stored()) {
        result.put(v.name(), v.array().dup('c'));
      }
    }
    return result;
  }

  /** The same variables and constants with the same values in both graphs. */
  public static void assertSameArrays(String what, SameDiff expected, SameDiff actual) {
    Map<String, INDArray> e = arrays(expected);
    Map<String, INDArray> a = arrays(actual);
    assertThat(a.keySet()).as(what).isEqualTo(e.keySet());
    e.forEach((name, array) -> assertSame(what + ": " + name, array, a.get(name)));
  }

  /** Names of the trainable parameters, sorted. */
  public static List<String> parameters(SameDiff sd) {
    return arrays(sd).keySet().stream()
        .filter(n -> GraphView.of(sd).variable(n).trainable())
        .toList();
  }

  /** The gradient of the loss by each of these, from the function that {@code fit} runs. */
  public static Map<String, INDArray> gradients(
      SameDiff sd, Map<String, INDArray> inputs, List<String> by) {
    SameDiff function = GradientFunction.of(sd);
    List<String> names =
        by.stream().map(v -> GradientFunction.gradientOf(function, v).orElseThrow()).toList();
    Map<String, INDArray> values = Probe.run(function, inputs, names.stream().distinct().toList());
    Map<String, INDArray> result = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      result.put(by.get(i), values.get(names.get(i)));
    }
    return result;
  }

  /** What {@code fit} computes for these variables: batch norms use the batch's statistics. */
  public static Map<String, INDArray> inTraining(
      SameDiff sd, Map<String, INDArray> inputs, List<String> names) {
    return Probe.run(GradientFunction.of(sd), inputs, names);
  }

  /**
   * Central differences of the loss by every element of {@code parameter}, which is moved by {@code
   * step} both ways and put back.
   */
  public static double[] slopes(INDArray parameter, double step, DoubleSupplier loss) {
    double[] result = new double[(int) parameter.length()];
    for (int i = 0; i < result.length; i++) {
      double at = parameter.getDouble(i);
      parameter.putScalar(i, at + step);
      double above = loss.getAsDouble();
      parameter.putScalar(i, at - step);
      double below = loss.getAsDouble();
      parameter.putScalar(i, at);
      result[i] = (above - below) / (2 * step);
    }
    return result;
  }

  /** Largest |a - e| as a share of the largest |e|. */
  public static double worst(double[] expected, double[] actual) {
    assertThat(actual).hasSameSizeAs(expected);
    double scale = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      worst = Math.max(worst, Math.abs(expected[i] - actual[i]));
    }
    return worst == 0 ? 0 : worst / scale;
  }
}
