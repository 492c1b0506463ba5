package org.samediff.pruning.testing;

import java.util.Random;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Builds one odd network for one test: input {@code x} of 3x6x6, NCHW, double; what the test adds;
 * global average pool, dense {@code fc_W}, softmax cross entropy against {@code y}, Sgd.
 */
public final class Trunk {
  public static final int SIDE = 6;
  public static final int CLASSES = 4;

  public final SameDiff sd = SameDiff.create();
  public final SDVariable x = sd.placeHolder("x", DataType.DOUBLE, -1, 3, SIDE, SIDE);
  private final Random random = new Random(5);

  /** A trainable variable with seeded values. */
  public SDVariable var(String name, long... shape) {
    return sd.var(name, Nets.gaussian(DataType.DOUBLE, random, 0.4, shape));
  }

  /** A constant with seeded values. */
  public SDVariable constant(String name, long... shape) {
    return sd.constant(name, Nets.gaussian(DataType.DOUBLE, random, 0.4, shape));
  }

  /** A 3x3 convolution with bias, same size, weights {@code <name>_W}, {@code <name>_b}. */
  public SDVariable conv(String name, SDVariable in, int channels, int filters) {
    return conv(name, in, WeightsFormat.YXIO, channels, filters);
  }

  /** The same with weights in another format. */
  public SDVariable conv(
      String name, SDVariable in, WeightsFormat format, int channels, int filters) {
    long[] shape =
        switch (format) {
          case YXIO -> new long[] {3, 3, channels, filters};
          case OIYX -> new long[] {filters, channels, 3, 3};
          case OYXI -> new long[] {filters, 3, 3, channels};
        };
    return conv(name, in, var(name + "_W", shape), var(name + "_b", filters), format);
  }

  /** A 3x3 convolution with these weights; bias may be null. */
  public SDVariable conv(
      String name, SDVariable in, SDVariable w, SDVariable bias, WeightsFormat format) {
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(3)
            .kW(3)
            .paddingMode(PaddingMode.SAME)
            .dataFormat("NCHW")
            .weightsFormat(format)
            .build();
    return bias == null
        ? sd.cnn().conv2d(name, in, w, config)
        : sd.cnn().conv2d(name, in, w, bias, config);
  }

  public SDVariable relu(String name, SDVariable in) {
    return sd.nn().relu(name, in, 0);
  }

  /** Closes the network behind a map of this many channels. */
  public SameDiff close(SDVariable map, int channels) {
    return closeFeatures(map.mean("gap", false, 2, 3), channels);
  }

  /** Closes the network behind features of shape {@code [N, width]}. */
  public SameDiff closeFeatures(SDVariable features, int width) {
    SDVariable logits =
        features.mmul("fc", var("fc_W", width, CLASSES)).add("logits", var("fc_b", CLASSES));
    sd.loss()
        .softmaxCrossEntropy(
            "loss", sd.placeHolder("y", DataType.DOUBLE, -1, CLASSES), logits, null);
    sd.setLossVariables("loss");
    Nets.train(sd, new Sgd(0.1));
    return sd;
  }

  /** conv c1 (8), relu, what is given, pool and dense: the shortest net around one op. */
  public static SameDiff around(UnaryOperator<SDVariable> op) {
    Trunk t = new Trunk();
    return t.close(op.apply(t.relu("r1", t.conv("c1", t.x, 3, 8))), 8);
  }
}
