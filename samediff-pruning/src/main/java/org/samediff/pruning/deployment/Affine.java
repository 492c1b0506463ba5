package org.samediff.pruning.deployment;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoubleBinaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.ScalarOp;
import org.samediff.pruning.graph.GraphView;

/** {@code y[c] = scale[c] * x[c] + shift[c]} for each channel, in double precision. */
record Affine(double[] scale, double[] shift) {
  static Affine identity(int channels) {
    double[] ones = new double[channels];
    Arrays.fill(ones, 1);
    return new Affine(ones, new double[channels]);
  }

  /** This one, then the other. */
  Affine then(Affine next) {
    return new Affine(
        zip(scale, next.scale, (a, b) -> a * b),
        zip(zip(shift, next.scale, (a, b) -> a * b), next.shift, Double::sum));
  }

  boolean scales() {
    return Arrays.stream(scale).anyMatch(s -> s != 1);
  }

  boolean shifts() {
    return Arrays.stream(shift).anyMatch(s -> s != 0);
  }

  static double[] zip(double[] a, double[] b, DoubleBinaryOperator f) {
    double[] result = new double[a.length];
    Arrays.setAll(result, i -> f.applyAsDouble(a[i], b[i]));
    return result;
  }

  /**
   * What an op does to one of its inputs, if it is this and everything else it reads is stored.
   *
   * @param shape of the op's input and output
   * @param axis that the channels lie along
   */
  static Optional<Affine> of(
      GraphView view, GraphView.Op op, String input, long[] shape, int axis) {
    int channels = (int) shape[axis];
    if (op.inputs().stream().filter(input::equals).count() != 1
        || op.inputs().stream().anyMatch(i -> !i.equals(input) && !view.variable(i).stored())) {
      return Optional.empty();
    }
    if (op.type().equals("batchnorm")) {
      return op.input(0).equals(input) ? batchNorm(view, op, shape.length, axis) : Optional.empty();
    }
    Optional<double[]> operand = operand(view, op, input, shape, axis);
    boolean first = op.input(0).equals(input);
    return operand.flatMap(v -> binary(op.type(), v, first, identity(channels)));
  }

  private static Optional<Affine> binary(String type, double[] v, boolean first, Affine unit) {
    double[] negative = Arrays.stream(v).map(x -> -x).toArray();
    double[] minusOnes = Arrays.stream(unit.scale()).map(x -> -x).toArray();
    double[] inverse = Arrays.stream(v).map(x -> 1 / x).toArray();
    Affine less = new Affine(unit.scale(), negative);
    Affine from = new Affine(minusOnes, v);
    Affine result =
        switch (type) {
          case "add", "add_scalar", "biasadd" -> new Affine(unit.scale(), v);
          case "subtract" -> first ? less : from;
          case "reversesubtract" -> first ? from : less;
          case "sub_scalar" -> less;
          case "rsub_scalar" -> from;
          case "multiply", "mul_scalar" -> new Affine(v, unit.shift());
          case "divide", "realdiv" -> first ? new Affine(inverse, unit.shift()) : null;
          case "div_scalar" -> new Affine(inverse, unit.shift());
          default -> null;
        };
    return Optional.ofNullable(result);
  }

  /** The other operand, one number per channel; empty if it varies along anything else. */
  private static Optional<double[]> operand(
      GraphView view, GraphView.Op op, String input, long[] shape, int axis) {
    double[] values = new double[(int) shape[axis]];
    if (op.inputs().size() == 1) {
      INDArray number = op.function() instanceof ScalarOp scalar ? scalar.scalar() : null;
      if (number == null) {
        return Optional.empty();
      }
      Arrays.fill(values, number.getDouble(0));
      return Optional.of(values);
    }
    if (op.inputs().size() != 2) {
      return Optional.empty();
    }
    INDArray other = view.variable(op.input(op.input(0).equals(input) ? 1 : 0)).array();
    if (op.type().equals("biasadd")) {
      boolean[] flags = ((DynamicCustomOp) op.function()).bArgs();
      int along = flags.length > 0 && flags[0] ? 1 : shape.length - 1;
      return along == axis ? Optional.of(doubles(other)) : Optional.empty();
    }
    for (int d = 0; d < other.rank(); d++) {
      int at = shape.length - other.rank() + d;
      if (at < 0 || (other.size(d) > 1 && at != axis)) {
        return Optional.empty();
      }
    }
    double[] found = doubles(other);
    Arrays.setAll(values, c -> found.length == 1 ? found[0] : found[c]);
    return Optional.of(values);
  }

  private static Optional<Affine> batchNorm(GraphView view, GraphView.Op op, int rank, int axis) {
    DynamicCustomOp function = (DynamicCustomOp) op.function();
    int along = function.numIArguments() > 2 ? function.getIArgument(2).intValue() : -1;
    if (Math.floorMod(along, rank) != axis || function.numIArguments() > 3) {
      return Optional.empty();
    }
    double epsilon = function.getTArgument(0);
    double[] mean = doubles(view.variable(op.input(1)).array());
    double[] scale =
        Arrays.stream(doubles(view.variable(op.input(2)).array()))
            .map(v -> 1 / Math.sqrt(v + epsilon))
            .toArray();
    int next = 3;
    if (function.getIArgument(0) != 0) {
      scale = zip(scale, doubles(view.variable(op.input(next++)).array()), (a, b) -> a * b);
    }
    double[] shift = zip(mean, scale, (m, s) -> -m * s);
    if (function.getIArgument(1) != 0) {
      shift = zip(shift, doubles(view.variable(op.input(next)).array()), Double::sum);
    }
    return Optional.of(new Affine(scale, shift));
  }

  static double[] doubles(INDArray array) {
    return array.dup('c').data().asDouble();
  }
}
