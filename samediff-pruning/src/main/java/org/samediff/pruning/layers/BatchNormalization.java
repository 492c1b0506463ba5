package org.samediff.pruning.layers;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.ops.TrainableBatchNorm;

/**
 * Batch normalisation that trains in SameDiff 1.0.0-M2.1: batch statistics inside {@code sd.fit},
 * running averages in {@code output} and {@code evaluate}, one graph, nothing to switch.
 *
 * <pre>{@code
 * SDVariable h = BatchNormalization.apply(sd, "bn1", sd.cnn().conv2d("c1", x, w, cfg), 16);
 * }</pre>
 *
 * <p>Variables added: {@code <name>/gamma} (ones) and {@code <name>/beta} (zeros), trainable;
 * {@code <name>/mean} (zeros) and {@code <name>/var} (ones), constants that the running averages
 * are kept in. All have shape {@code [C]} and x's dtype. The averages follow {@code r = decay * r +
 * (1 - decay) * batch} with the biased batch variance.
 */
public final class BatchNormalization {
  /** Default {@code eps}. */
  public static final double EPSILON = 1e-5;

  /** Default share of the old running average that a training step keeps. */
  public static final double DECAY = 0.9;

  private BatchNormalization() {}

  /**
   * Adds a batch norm over axis 1, the channels of an NCHW map, with {@link #EPSILON} and {@link
   * #DECAY}.
   *
   * @param name name of the result, prefix of the variables
   * @param x floating point, {@code [N, C, H, W]}, {@code [N, C]} or {@code [N, C, D, H, W]}
   * @param channels C
   */
  public static SDVariable apply(SameDiff sd, String name, SDVariable x, int channels) {
    return apply(sd, name, x, channels, 1, EPSILON, DECAY);
  }

  /**
   * Adds a batch norm over the given axis.
   *
   * @param channelAxis 1 for NCHW, 3 for NHWC
   * @param epsilon added to the variance
   * @param decay share of the old running average that a step keeps, in [0, 1)
   */
  public static SDVariable apply(
      SameDiff sd,
      String name,
      SDVariable x,
      int channels,
      int channelAxis,
      double epsilon,
      double decay) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException(
          "batch norm \"" + name + "\": decay must be in [0, 1), got " + decay);
    }
    DataType type = x.dataType();
    SDVariable mean = sd.constant(name + "/mean", Nd4j.zeros(type, channels));
    SDVariable variance = sd.constant(name + "/var", Nd4j.ones(type, channels));
    SDVariable gamma = sd.var(name + "/gamma", Nd4j.ones(type, channels));
    SDVariable beta = sd.var(name + "/beta", Nd4j.zeros(type, channels));
    keepRunningAverages(sd);
    return TrainableBatchNorm.apply(
        sd, name, new SDVariable[] {x, mean, variance, gamma, beta}, epsilon, decay, channelAxis);
  }

  /**
   * Attaches the listener that keeps the running averages of every batch norm of the graph; once,
   * however often it is called. {@link #apply} does it by itself; it is needed by hand for a graph
   * that was loaded from a file and is to be trained on, since files hold no listeners.
   */
  public static void keepRunningAverages(SameDiff sd) {
    TrainableBatchNorm.register();
    RunningAverages listener = new RunningAverages();
    if (!sd.getListeners().contains(listener)) {
      sd.addListeners(listener);
    }
  }
}
