package org.samediff.pruning.zoo.cli;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** {@code --shape}: arrays for placeholders whose shapes the graph leaves open. */
final class ShapesOption {
  @Spec(Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--shape",
      paramLabel = "NAME=N,...",
      description =
          "Shape of a placeholder that leaves more than its first axis open, e.g."
              + " image=2,3,64,64; filled with normal numbers. May be repeated.")
  private Map<String, String> shapes = new LinkedHashMap<>();

  Map<String, INDArray> inputs(long seed) {
    Random random = new Random(seed);
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    shapes.forEach((name, text) -> inputs.put(name, normal(shape(name, text), random)));
    return inputs;
  }

  private long[] shape(String name, String text) {
    try {
      long[] shape = Arrays.stream(text.split(",", -1)).mapToLong(Long::parseLong).toArray();
      if (Arrays.stream(shape).allMatch(n -> n > 0)) {
        return shape;
      }
    } catch (NumberFormatException e) {
      // told below, as a number that is not positive is
    }
    throw new ParameterException(
        spec.commandLine(),
        "--shape " + name + ": sizes are whole numbers above zero, such as 2,3,64,64, got " + text);
  }

  private static INDArray normal(long[] shape, Random random) {
    float[] values =
        new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }
}
