package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.DeConv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;

/**
 * Two-dimensional convolutions. Weights are permuted to SameDiff's default format, which alone it
 * can train. DL4J's "Same" is TensorFlow's; "Truncate" and "Strict" pad as told and round down.
 */
final class Convolutions {
  private Convolutions() {}

  static SDVariable plain(ConvolutionLayer c, NodeContext node) {
    SDVariable x = input(c, node);
    SDVariable w = node.parameter("W", node.array("W").permute(2, 3, 1, 0).dup('c'));
    SDVariable padded = explicit(c, node, x);
    Conv2DConfig config = config(c, padded != x);
    SDVariable z =
        node.hasParameter("b")
            ? node.sd().cnn().conv2d(padded, w, node.parameter("b"), config)
            : node.sd().cnn().conv2d(padded, w, config);
    return ActivationFunctions.apply(c.getActivationFn(), node, z);
  }

  static SDVariable depthwise(DepthwiseConvolution2D c, NodeContext node) {
    SDVariable x = input(c, node);
    SDVariable w = node.parameter("W");
    SDVariable padded = explicit(c, node, x);
    Conv2DConfig config = config(c, padded != x);
    SDVariable z =
        node.hasParameter("b")
            ? node.sd().cnn().depthWiseConv2d(padded, w, node.parameter("b"), config)
            : node.sd().cnn().depthWiseConv2d(padded, w, config);
    return ActivationFunctions.apply(c.getActivationFn(), node, z);
  }

  static SDVariable separable(SeparableConvolution2D c, NodeContext node) {
    SDVariable x = input(c, node);
    SDVariable depth = node.parameter("W", node.array("W").permute(2, 3, 1, 0).dup('c'));
    SDVariable point = node.parameter("pW", node.array("pW").permute(2, 3, 1, 0).dup('c'));
    SDVariable padded = explicit(c, node, x);
    Conv2DConfig config = config(c, padded != x);
    SDVariable z =
        node.hasParameter("b")
            ? node.sd().cnn().separableConv2d(padded, depth, point, node.parameter("b"), config)
            : node.sd().cnn().separableConv2d(padded, depth, point, config);
    return ActivationFunctions.apply(c.getActivationFn(), node, z);
  }

  /** Weights {@code [in, out, kH, kW]} to {@code [kH, kW, out, in]}. */
  static SDVariable transposed(Deconvolution2D c, NodeContext node) {
    SDVariable x = input(c, node);
    SDVariable w = node.parameter("W", node.array("W").permute(2, 3, 1, 0).dup('c'));
    boolean same = c.getConvolutionMode() == ConvolutionMode.Same;
    DeConv2DConfig config =
        DeConv2DConfig.builder()
            .kH(c.getKernelSize()[0])
            .kW(c.getKernelSize()[1])
            .sH(c.getStride()[0])
            .sW(c.getStride()[1])
            .pH(same ? 0 : c.getPadding()[0])
            .pW(same ? 0 : c.getPadding()[1])
            .dH(c.getDilation()[0])
            .dW(c.getDilation()[1])
            .isSameMode(same)
            .dataFormat("NCHW")
            .build();
    SDVariable z =
        node.hasParameter("b")
            ? node.sd().cnn().deconv2d(x, w, node.parameter("b"), config)
            : node.sd().cnn().deconv2d(x, w, config);
    return ActivationFunctions.apply(c.getActivationFn(), node, z);
  }

  private static SDVariable input(ConvolutionLayer c, NodeContext node) {
    node.requireNchw(c.getCnn2dDataFormat());
    node.require(
        c.getConvolutionMode() != ConvolutionMode.Causal,
        () -> "is causal, which two-dimensional convolutions cannot be");
    long channels = node.image().getChannels();
    if (channels != c.getNIn()) {
      throw node.badInput(
          "takes "
              + c.getNIn()
              + " channels and gets "
              + channels
              + "; give the network's input shape as {channels, height, width}");
    }
    return Dropouts.apply(c.getIDropout(), node, node.x());
  }

  /** Dilation with "Same" throws in oneDNN; it gets its zeros from an op of their own. */
  private static SDVariable explicit(ConvolutionLayer c, NodeContext node, SDVariable x) {
    boolean dilated = c.getDilation()[0] > 1 || c.getDilation()[1] > 1;
    return dilated && c.getConvolutionMode() == ConvolutionMode.Same
        ? padding(c, node).apply(node, x)
        : x;
  }

  private static Padding padding(ConvolutionLayer c, NodeContext node) {
    InputType.InputTypeConvolutional image = node.image();
    return Padding.of(
        c.getConvolutionMode(),
        image.getHeight(),
        image.getWidth(),
        c.getKernelSize(),
        c.getStride(),
        c.getPadding(),
        c.getDilation());
  }

  private static Conv2DConfig config(ConvolutionLayer c, boolean padded) {
    boolean same = c.getConvolutionMode() == ConvolutionMode.Same;
    return Conv2DConfig.builder()
        .kH(c.getKernelSize()[0])
        .kW(c.getKernelSize()[1])
        .sH(c.getStride()[0])
        .sW(c.getStride()[1])
        .pH(same ? 0 : c.getPadding()[0])
        .pW(same ? 0 : c.getPadding()[1])
        .dH(c.getDilation()[0])
        .dW(c.getDilation()[1])
        .paddingMode(same && !padded ? PaddingMode.SAME : PaddingMode.VALID)
        .dataFormat("NCHW")
        .weightsFormat(WeightsFormat.YXIO)
        .build();
  }
}
