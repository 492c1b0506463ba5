package org.samediff.pruning.zoo.dl4j;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.samediff.pruning.error.PruningException;

/**
 * How a network is converted. Immutable.
 *
 * @param mode what the graph is for
 * @param inputShapes shape of one example per network input, without the batch: {@code {channels,
 *     height, width}} or {@code {length}}. DL4J configurations do not keep it; it is needed for
 *     every input whose first layer does not tell (a dense layer or a flat-to-image preprocessor
 *     does, a convolution does not). A {@code MultiLayerNetwork}'s input is called "input"
 * @param trainingConfig whether updater, learning rate and regularisation are carried over; without
 *     it a trainable graph has its loss, but no TrainingConfig. No effect in {@link Mode#INFERENCE}
 * @param downgradesAllowed whether settings that SameDiff cannot express (one updater per layer,
 *     gradient normalisation, ...) are left out and listed in {@link ConvertedNetwork#downgrades};
 *     otherwise they are an {@link UnsupportedNetworkException}
 */
public record ConversionOptions(
    Mode mode, Map<String, long[]> inputShapes, boolean trainingConfig, boolean downgradesAllowed) {
  /** What a converted graph is for. */
  public enum Mode {
    /**
     * Weights are variables; there are labels and a loss; inside {@code sd.fit} batch norm uses
     * batch statistics and dropout is on, in {@code output} and {@code evaluate} neither.
     */
    TRAINABLE,
    /**
     * The network as it infers: weights are variables still, so that filters can be cut; batch norm
     * has its running averages in training, too; no dropout, labels or loss.
     */
    INFERENCE
  }

  /**
   * Copies the shapes.
   *
   * @throws PruningException BAD_OPTION for a shape with another length than 1 or 3, or with a
   *     number below 1
   */
  public ConversionOptions {
    Map<String, long[]> copy = new LinkedHashMap<>();
    inputShapes.forEach((input, shape) -> copy.put(input, checked(input, shape).clone()));
    inputShapes = copy;
  }

  private static long[] checked(String input, long[] shape) {
    if ((shape.length != 1 && shape.length != 3) || Arrays.stream(shape).anyMatch(n -> n < 1)) {
      throw new PruningException(
          PruningException.Code.BAD_OPTION,
          "input \""
              + input
              + "\": shape "
              + Arrays.toString(shape)
              + " is neither {channels, height, width} nor {length}, all at least 1, without the"
              + " batch");
    }
    return shape;
  }

  /** Trainable, with training configuration, shapes from the network, no downgrades. */
  public static ConversionOptions defaults() {
    return new ConversionOptions(Mode.TRAINABLE, Map.of(), true, false);
  }

  /** The same with another mode. */
  public ConversionOptions withMode(Mode other) {
    return new ConversionOptions(other, inputShapes, trainingConfig, downgradesAllowed);
  }

  /** The same with the shape of this input, without the batch: {channels, height, width}. */
  public ConversionOptions withInputShape(String input, long... shape) {
    Map<String, long[]> shapes = new LinkedHashMap<>(inputShapes);
    shapes.put(input, shape);
    return new ConversionOptions(mode, shapes, trainingConfig, downgradesAllowed);
  }

  /** The same with or without a TrainingConfig. */
  public ConversionOptions withTrainingConfig(boolean carriedOver) {
    return new ConversionOptions(mode, inputShapes, carriedOver, downgradesAllowed);
  }

  /** The same with downgrades reported instead of refused. */
  public ConversionOptions withDowngradesAllowed(boolean allowed) {
    return new ConversionOptions(mode, inputShapes, trainingConfig, allowed);
  }

  boolean trainable() {
    return mode == Mode.TRAINABLE;
  }
}
