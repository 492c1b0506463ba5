package org.samediff.pruning.zoo.nets;

import java.util.Random;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.layers.BatchNormalization;

/**
 * Adds layers to a float32 graph. Maps are NCHW; conv weights are {@code [kH, kW, in, out]}, the
 * one format SameDiff 1.0.0-M2.1 trains. A layer {@code n} has its weights in {@code n/W}, its bias
 * in {@code n/b}; weights are drawn after He et al., 2015, from the seed, in the order of the
 * calls.
 */
final class LayerBuilder {
  private final SameDiff sd;
  private final Random random;

  LayerBuilder(SameDiff sd, long seed) {
    this.sd = sd;
    this.random = new Random(seed);
  }

  /** A convolution without bias that keeps height and width, divided by the stride. */
  SDVariable conv(String name, SDVariable x, int in, int out, int kernel, int stride) {
    SDVariable weights =
        sd.var(name + "/W", heNormal(kernel * kernel * in, kernel, kernel, in, out));
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(kernel)
            .kW(kernel)
            .sH(stride)
            .sW(stride)
            .paddingMode(PaddingMode.SAME)
            .dataFormat("NCHW")
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    return sd.cnn().conv2d(name, x, weights, config);
  }

  SDVariable batchNorm(String name, SDVariable x, int channels) {
    return BatchNormalization.apply(sd, name, x, channels);
  }

  SDVariable relu(String name, SDVariable x) {
    return sd.nn().relu(name, x, 0);
  }

  /** 3x3 convolution, batch norm, ReLU: {@code n/conv}, {@code n/bn}, {@code n/relu}. */
  SDVariable convBnRelu(String name, SDVariable x, int in, int out, int stride) {
    SDVariable h = conv(name + "/conv", x, in, out, 3, stride);
    return relu(name + "/relu", batchNorm(name + "/bn", h, out));
  }

  /** 2x2 maximum; an odd last row or column is dropped. */
  SDVariable maxPool(String name, SDVariable x) {
    Pooling2DConfig config =
        Pooling2DConfig.builder()
            .kH(2)
            .kW(2)
            .sH(2)
            .sW(2)
            .paddingMode(PaddingMode.VALID)
            .isNHWC(false)
            .build();
    return sd.cnn().maxPooling2d(name, x, config);
  }

  /** Mean over height and width: {@code [N, C]}. */
  SDVariable globalAveragePool(String name, SDVariable x) {
    return x.mean(name, false, 2, 3);
  }

  /** Fully connected, {@code [N, in] -> [N, out]}. */
  SDVariable dense(String name, SDVariable x, int in, int out) {
    SDVariable weights = sd.var(name + "/W", heNormal(in, in, out));
    SDVariable bias = sd.var(name + "/b", Nd4j.zeros(DataType.FLOAT, out));
    return x.mmul(name + "/mmul", weights).add(name, bias);
  }

  private INDArray heNormal(int fanIn, long... shape) {
    double deviation = Math.sqrt(2.0 / fanIn);
    float[] values = new float[(int) ArrayUtil.prodLong(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * random.nextGaussian());
    }
    return Nd4j.create(values, shape, 'c');
  }
}
