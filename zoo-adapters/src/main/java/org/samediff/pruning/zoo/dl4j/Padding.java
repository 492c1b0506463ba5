package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.enums.PadMode;
import org.nd4j.linalg.factory.Nd4j;

/** Rows and columns of zeros around an NCHW map. */
record Padding(long top, long bottom, long left, long right) {
  /** What a window op with these settings puts around an image before it slides over it. */
  static Padding of(
      ConvolutionMode mode,
      long height,
      long width,
      int[] kernel,
      int[] stride,
      int[] padding,
      int[] dilation) {
    if (mode != ConvolutionMode.Same) {
      return new Padding(padding[0], padding[0], padding[1], padding[1]);
    }
    long h = same(height, kernel[0], stride[0], dilation[0]);
    long w = same(width, kernel[1], stride[1], dilation[1]);
    return new Padding(h / 2, h - h / 2, w / 2, w - w / 2);
  }

  private static long same(long in, int kernel, int stride, int dilation) {
    long out = (in + stride - 1) / stride;
    return Math.max(0, (out - 1) * stride + (long) (kernel - 1) * dilation + 1 - in);
  }

  boolean none() {
    return top == 0 && bottom == 0 && left == 0 && right == 0;
  }

  /** The padded map; x itself if there is nothing to add. */
  SDVariable apply(NodeContext node, SDVariable x) {
    if (none()) {
      return x;
    }
    SDVariable widths =
        node.sd()
            .constant(
                node.name("padding"),
                Nd4j.createFromArray(
                    new int[][] {
                      {0, 0}, {0, 0}, {(int) top, (int) bottom}, {(int) left, (int) right}
                    }));
    return node.sd().nn().pad(x, widths, PadMode.CONSTANT, 0);
  }
}
