package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;

/** Windows and whole maps reduced to their maximum, mean, sum or p-norm. */
final class Poolings {
  /** Below it a sum of powers has the gradient zero, where the root's is infinite. */
  private static final double TINY = 1e-30;

  private Poolings() {}

  static SDVariable windows(SubsamplingLayer layer, NodeContext node) {
    node.requireNchw(layer.getCnn2dDataFormat());
    SDVariable x = node.x();
    return switch (layer.getPoolingType()) {
      case MAX -> node.sd().cnn().maxPooling2d(x, config(layer, false));
      case AVG -> average(layer, node, x, layer.isAvgPoolIncludePadInDivisor());
      case PNORM -> pNorm(layer, node, x);
      default ->
          throw node.unsupported(
              "pools by "
                  + layer.getPoolingType()
                  + "; supported are MAX, AVG and PNORM, as in DL4J 1.0.0-M2.1");
    };
  }

  /** A mean that counts the padding has a wrong gradient in SameDiff; the zeros become an op. */
  private static SDVariable average(
      SubsamplingLayer layer, NodeContext node, SDVariable x, boolean countPadding) {
    if (!countPadding) {
      return node.sd().cnn().avgPooling2d(x, config(layer, false));
    }
    InputType.InputTypeConvolutional image = node.image();
    SDVariable padded =
        Padding.of(
                layer.getConvolutionMode(),
                image.getHeight(),
                image.getWidth(),
                layer.getKernelSize(),
                layer.getStride(),
                layer.getPadding(),
                layer.getDilation())
            .apply(node, x);
    return node.sd().cnn().avgPooling2d(padded, config(layer, true));
  }

  /** (sum of |x|^p)^(1/p), written as s * max(s, tiny)^(1/p - 1) for its gradient at zero. */
  private static SDVariable pNorm(SubsamplingLayer layer, NodeContext node, SDVariable x) {
    int window = layer.getKernelSize()[0] * layer.getKernelSize()[1];
    return root(
        node,
        average(layer, node, power(node, x, layer.getPnorm()), true).mul(window),
        layer.getPnorm());
  }

  private static SDVariable power(NodeContext node, SDVariable x, int p) {
    return p == 2 ? node.sd().math().square(x) : node.sd().math().pow(node.sd().math().abs(x), p);
  }

  private static SDVariable root(NodeContext node, SDVariable sum, int p) {
    return p == 1
        ? sum
        : sum.mul(node.sd().math().pow(node.sd().scalarMax(sum, TINY), 1.0 / p - 1));
  }

  private static Pooling2DConfig config(SubsamplingLayer layer, boolean padded) {
    boolean same = layer.getConvolutionMode() == ConvolutionMode.Same;
    return Pooling2DConfig.builder()
        .kH(layer.getKernelSize()[0])
        .kW(layer.getKernelSize()[1])
        .sH(layer.getStride()[0])
        .sW(layer.getStride()[1])
        .pH(same || padded ? 0 : layer.getPadding()[0])
        .pW(same || padded ? 0 : layer.getPadding()[1])
        .dH(layer.getDilation()[0])
        .dW(layer.getDilation()[1])
        .paddingMode(same && !padded ? PaddingMode.SAME : PaddingMode.VALID)
        .isNHWC(false)
        .build();
  }

  static SDVariable wholeMap(GlobalPoolingLayer layer, NodeContext node) {
    node.image();
    int[] axes = layer.getPoolingDimensions();
    node.require(
        axes == null || (axes.length == 2 && axes[0] == 2 && axes[1] == 3),
        () -> "pools over other axes than height and width");
    boolean keep = !layer.isCollapseDimensions();
    SDVariable x = node.x();
    PoolingType type = layer.getPoolingType();
    return switch (type) {
      case AVG -> x.mean(keep, 2, 3);
      case MAX -> x.max(keep, 2, 3);
      case SUM -> x.sum(keep, 2, 3);
      case PNORM -> root(node, power(node, x, layer.getPnorm()).sum(keep, 2, 3), layer.getPnorm());
    };
  }
}
