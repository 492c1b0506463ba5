package org.samediff.pruning.bench.nets;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.layers.BatchNormalization;

/** Adds layers to a float32 graph; weights are drawn after He et al., 2015. */
final class LayerBuilder {
  private final SameDiff sd;
  private final boolean nhwc;

  /**
   * A builder for one graph.
   *
   * @param nhwc whether maps lie as NHWC; else NCHW
   */
  LayerBuilder(SameDiff sd, boolean nhwc) {
    this.sd = sd;
    this.nhwc = nhwc;
  }

  private INDArray normal(double deviation, long... shape) {
    return Nd4j.randn(DataType.FLOAT, shape).muli(deviation);
  }

  /** Padded so that height and width stay, divided by the stride. */
  private SDVariable conv(
      String name, SDVariable x, int in, int out, int kernel, int stride, boolean bias) {
    double deviation = Math.sqrt(2.0 / (kernel * kernel * in));
    SDVariable w = sd.var(name + "/W", normal(deviation, kernel, kernel, in, out));
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(kernel)
            .kW(kernel)
            .sH(stride)
            .sW(stride)
            .paddingMode(PaddingMode.SAME)
            .dataFormat(nhwc ? "NHWC" : "NCHW")
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    return bias
        ? sd.cnn().conv2d(name, x, w, sd.var(name + "/b", normal(0.1, out)), config)
        : sd.cnn().conv2d(name, x, w, config);
  }

  private SDVariable batchNorm(String name, SDVariable x, int channels, double scale) {
    SDVariable y = BatchNormalization.apply(sd, name, x, channels, nhwc ? 3 : 1, 1e-5, 0.9);
    sd.getVariable(name + "/gamma").getArr().assign(normal(0.2, channels).addi(1).muli(scale));
    sd.getVariable(name + "/beta").getArr().assign(normal(0.2, channels));
    sd.getVariable(name + "/mean").getArr().assign(normal(0.3, channels));
    sd.getVariable(name + "/var").getArr().assign(Nd4j.rand(DataType.FLOAT, channels).addi(0.5));
    return y;
  }

  /** Convolution without bias, batch norm. */
  SDVariable convBn(String name, SDVariable x, int in, int out, int kernel, int stride) {
    SDVariable h = conv(name + "/conv", x, in, out, kernel, stride, false);
    return batchNorm(name + "/bn", h, out, 1);
  }

  /** The same with a small scale, for the end of a residual branch: sums do not grow then. */
  SDVariable lastConvBn(String name, SDVariable x, int in, int out, int kernel) {
    SDVariable h = conv(name + "/conv", x, in, out, kernel, 1, false);
    return batchNorm(name + "/bn", h, out, 0.25);
  }

  SDVariable relu(String name, SDVariable x) {
    return sd.nn().relu(name, x, 0);
  }

  /** {@code relu(f + shortcut(x))}, the shortcut a 1x1 convolution where shapes differ. */
  SDVariable residual(String name, SDVariable f, SDVariable x, int in, int out, int stride) {
    SDVariable shortcut =
        in == out && stride == 1 ? x : convBn(name + "/shortcut", x, in, out, 1, stride);
    return relu(name + "/relu", f.add(name + "/add", shortcut));
  }

  /** Stride 2, padded. */
  SDVariable maxPool(String name, SDVariable x, int kernel) {
    return sd.cnn()
        .maxPooling2d(
            name,
            x,
            Pooling2DConfig.builder()
                .kH(kernel)
                .kW(kernel)
                .sH(2)
                .sW(2)
                .paddingMode(PaddingMode.SAME)
                .isNHWC(nhwc)
                .build());
  }

  /** Mean over height and width: {@code [N, C]}. */
  SDVariable globalAveragePool(String name, SDVariable x) {
    return nhwc ? x.mean(name, false, 1, 2) : x.mean(name, false, 2, 3);
  }

  /** Fully connected, {@code [N, in] -> [N, out]}. */
  SDVariable dense(String name, SDVariable x, int in, int out) {
    SDVariable w = sd.var(name + "/W", normal(Math.sqrt(2.0 / in), in, out));
    return x.mmul(name + "/mmul", w).add(name, sd.var(name + "/b", normal(0.1, out)));
  }

  /** The 13 convolutions with bias, batch norm if wanted, ReLU and the 5 pools of VGG16. */
  SDVariable vgg16Convolutions(SDVariable x, boolean norm) {
    int[][] blocks = {{64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
    SDVariable h = x;
    int in = 3;
    for (int b = 0; b < blocks.length; b++) {
      for (int i = 0; i < blocks[b].length; i++) {
        String name = "block" + (b + 1) + "/" + (i + 1);
        h = conv(name + "/conv", h, in, blocks[b][i], 3, 1, true);
        h = norm ? batchNorm(name + "/bn", h, blocks[b][i], 1) : h;
        h = relu(name + "/relu", h);
        in = blocks[b][i];
      }
      h = maxPool("block" + (b + 1) + "/pool", h, 2);
    }
    return h;
  }
}
