package org.samediff.pruning.channels;

import java.util.Random;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.testing.Nets;

/**
 * The network around one op, in double: a 3x3 convolution {@code c1} of the 4x6x6 input with 8
 * filters, an activation, the op, and an end that depends on what the op makes of the map: a 1x1
 * convolution {@code end} with bias, its maximum and mean, behind a map; a dense layer behind
 * anything else.
 */
final class OpNet {
  static final int CHANNELS = 8;
  static final int SIDE = 6;
  private static final int CLASSES = 3;

  final SameDiff sd = SameDiff.create();
  final boolean nhwc;

  /** The input. */
  final SDVariable x;

  /** What c1 and its activation make: {@link #CHANNELS} x {@link #SIDE} x {@link #SIDE}. */
  final SDVariable in;

  private final Random random = new Random(11);

  OpNet(boolean nhwc, OpCase.Activation activation) {
    this.nhwc = nhwc;
    x = sd.placeHolder("x", DataType.DOUBLE, shape(-1, 4));
    in = activation.apply(this, conv("c1", x, 4, CHANNELS));
  }

  /** Shape of a map with these channels. */
  long[] shape(long batch, long channels) {
    return nhwc
        ? new long[] {batch, SIDE, SIDE, channels}
        : new long[] {batch, channels, SIDE, SIDE};
  }

  /** Axis of the channels. */
  int axis() {
    return nhwc ? 3 : 1;
  }

  /** Axes of space. */
  int[] space() {
    return nhwc ? new int[] {1, 2} : new int[] {2, 3};
  }

  /** Shape that spreads a vector over the channels of a map. */
  long[] vector(long channels) {
    return nhwc ? new long[] {1, 1, 1, channels} : new long[] {1, channels, 1, 1};
  }

  private INDArray values(double scale, long... shape) {
    return Nets.gaussian(DataType.DOUBLE, random, scale, shape);
  }

  /** A trainable variable. */
  SDVariable var(String name, long... shape) {
    return sd.var(name, values(0.4, shape));
  }

  /** A constant that is positive. */
  SDVariable positive(String name, long... shape) {
    return sd.constant(name, Nd4j.math.abs(values(0.4, shape)).addi(0.5));
  }

  /** A constant of integers. */
  SDVariable integers(String name, int... values) {
    return sd.constant(name, Nd4j.createFromArray(values));
  }

  /** A 3x3 convolution with bias that leaves the size as it is. */
  SDVariable conv(String name, SDVariable map, int channels, int filters) {
    SDVariable w = var(name + "_W", 3, 3, channels, filters);
    return sd.cnn().conv2d(name, map, w, var(name + "_b", filters), config(3, WeightsFormat.YXIO));
  }

  /** A second map of the input, of c1's shape. */
  SDVariable other() {
    return sd.nn().relu(conv("c2", x, 4, CHANNELS), 0);
  }

  /** Mean over space: features [N, {@link #CHANNELS}]. */
  SDVariable pooled() {
    return in.mean("pooled", false, space());
  }

  /** Mean over space, as a map of one pixel. */
  SDVariable pooledMap() {
    return in.mean("pooled", true, space());
  }

  /** A map of the input with one channel. */
  SDVariable gate() {
    return conv("g", x, 4, 1);
  }

  Conv2DConfig config(int k, WeightsFormat format) {
    return Conv2DConfig.builder()
        .kH(k)
        .kW(k)
        .paddingMode(k == 1 ? PaddingMode.VALID : PaddingMode.SAME)
        .dataFormat(nhwc ? "NHWC" : "NCHW")
        .weightsFormat(format)
        .build();
  }

  /**
   * Closes the network.
   *
   * @param out what the op makes
   * @param shape its shape
   * @param map whether it is a map in this network's layout
   */
  SameDiff close(SDVariable out, long[] shape, boolean map) {
    SDVariable features = out;
    int width =
        (int) IntStream.range(1, shape.length).mapToLong(d -> shape[d]).reduce(1, (a, b) -> a * b);
    if (map) {
      SDVariable w = var("end_W", 1, 1, shape[axis()], 5);
      SDVariable end =
          sd.cnn().conv2d("end", out, w, var("end_b", 5), config(1, WeightsFormat.YXIO));
      features = sd.max(end, false, space()).add(end.mean(false, space()));
      width = 5;
    } else if (shape.length > 2) {
      features = sd.reshape(out, -1, width);
    }
    SDVariable logits =
        features.mmul(var("fc_W", width, CLASSES)).add("logits", var("fc_b", CLASSES));
    sd.loss()
        .softmaxCrossEntropy(
            "loss", sd.placeHolder("y", DataType.DOUBLE, -1, CLASSES), logits, null);
    sd.setLossVariables("loss");
    Nets.train(sd, new Sgd(0.1));
    return sd;
  }
}
