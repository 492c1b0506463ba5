package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv1DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv3DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.DeConv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.DeConv3DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;

/** Convolutions of every kind and weights format. */
final class ConvolutionCases {
  private static final int FILTERS = 6;

  private ConvolutionCases() {}

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    for (WeightsFormat format : WeightsFormat.values()) {
      boolean yxio = format == WeightsFormat.YXIO;
      cases.add(
          filters(
              "conv2d", format, n -> conv2d(n, format), in(format, 2), out(format, 2), 4, yxio));
      cases.add(
          filters(
              "conv3dnew", format, n -> conv3d(n, format), in(format, 3), out(format, 3), 5, yxio));
      cases.add(
          filters(
              "deconv2d",
              format,
              n -> deconv2d(n, format),
              dein(format, 2),
              deout(format, 2),
              4,
              yxio));
      cases.add(
          filters(
              "deconv3d",
              format,
              n -> deconv3d(n, format),
              dein(format, 3),
              deout(format, 3),
              5,
              yxio));
      int shared = yxio ? 2 : format == WeightsFormat.OIYX ? 1 : 3;
      OpCase depthwise =
          OpCase.of("depthwise_conv2d " + format, n -> depthwise(n, format))
              .maps(i -> i / 2)
              .groups("8 [c1] [c1_W[3], c1_b[0], end_W[2], op_W[%d], op_b[0]]".formatted(shared))
              .dead(Dead.ZERO, Dead.ZERO);
      cases.add(yxio ? depthwise : depthwise.untrainable());
    }
    cases.add(filters("conv1d", WeightsFormat.YXIO, ConvolutionCases::conv1d, 1, 2, 2, true));
    cases.add(
        OpCase.of("depthwise_conv2d by one", ConvolutionCases::depthwiseByOne)
            .maps(i -> i / 2)
            .groups("6 [c1] [c1_W[3], c1_b[0], end_W[2], op_W[2]]")
            .dead(Dead.ZERO, Dead.ZERO));
    cases.add(
        OpCase.of("sconv2d", ConvolutionCases::separable)
            .maps(i -> -1)
            .dead(Dead.ZERO, Dead.ZERO)
            .groups(
                """
                6 [c1] [c1_W[3], c1_b[0], op_D[2], op_P[2]]
                6 [out] [end_W[2], op_P[3], op_b[0]]
                """));
    return cases;
  }

  /** The op mixes: behind it lie its own filters. */
  private static OpCase filters(
      String op,
      WeightsFormat format,
      OpCase.Body body,
      int in,
      int out,
      int rank,
      boolean trains) {
    String end = rank == 4 ? "end_W[2]" : "fc_W[0]";
    OpCase result =
        OpCase.of(op + " " + format, body)
            .maps(n -> rank == 4 ? n.axis() : n.nhwc ? rank == 2 ? 2 : 4 : 1, i -> -1)
            .dead(Dead.ZERO, Dead.ZERO)
            .groups(
                """
                8 [c1] [c1_W[3], c1_b[0], op_W[%d]]
                %d [out] [%s, op_W[%d], op_b[0]]
                """
                    .formatted(in, FILTERS, end, out));
    return trains ? result : result.untrainable();
  }

  private static int in(WeightsFormat format, int space) {
    return format == WeightsFormat.OIYX ? 1 : format == WeightsFormat.YXIO ? space : space + 1;
  }

  private static int out(WeightsFormat format, int space) {
    return format == WeightsFormat.YXIO ? space + 1 : 0;
  }

  /** Transposed convolutions store [k, out, in], [in, out, k] or [in, k, out]. */
  private static int dein(WeightsFormat format, int space) {
    return out(format, space);
  }

  private static int deout(WeightsFormat format, int space) {
    return in(format, space);
  }

  /** Shape of weights with a kernel of 2 along each axis of space. */
  private static long[] shape(int space, int in, int inAxis, int out, int outAxis) {
    long[] shape = new long[space + 2];
    Arrays.fill(shape, 2);
    shape[inAxis] = in;
    shape[outAxis] = out;
    return shape;
  }

  private static SDVariable weights(OpNet n, WeightsFormat f, int space) {
    return n.var("op_W", shape(space, OpNet.CHANNELS, in(f, space), FILTERS, out(f, space)));
  }

  private static SDVariable deweights(OpNet n, WeightsFormat f, int space) {
    return n.var("op_W", shape(space, OpNet.CHANNELS, dein(f, space), FILTERS, deout(f, space)));
  }

  /** The map with its rows one after the other. */
  private static SDVariable sequence(OpNet n) {
    int length = OpNet.SIDE * OpNet.SIDE;
    return n.nhwc
        ? n.sd.reshape(n.in, -1, length, OpNet.CHANNELS)
        : n.sd.reshape(n.in, -1, OpNet.CHANNELS, length);
  }

  /** The map as a volume of depth 2. */
  private static SDVariable volume(OpNet n) {
    return n.nhwc
        ? n.sd.reshape(n.in, -1, 2, 3, OpNet.SIDE, OpNet.CHANNELS)
        : n.sd.reshape(n.in, -1, OpNet.CHANNELS, 2, 3, OpNet.SIDE);
  }

  /** The weights' format is an argument that the configurations do not have. */
  private static SDVariable stored(WeightsFormat format, SDVariable out) {
    DynamicCustomOp op = (DynamicCustomOp) out.getSameDiff().getVariableOutputOp(out.name());
    op.addIArgument(
        switch (format) {
          case YXIO -> 0;
          case OIYX -> 1;
          case OYXI -> 2;
        });
    return out;
  }

  private static SDVariable conv1d(OpNet n) {
    Conv1DConfig config =
        Conv1DConfig.builder()
            .k(2)
            .s(1)
            .paddingMode(PaddingMode.VALID)
            .dataFormat(n.nhwc ? "NWC" : "NCW")
            .build();
    return n.sd
        .cnn()
        .conv1d(
            "op",
            sequence(n),
            n.var("op_W", 2, OpNet.CHANNELS, FILTERS),
            n.var("op_b", FILTERS),
            config);
  }

  private static SDVariable conv2d(OpNet n, WeightsFormat format) {
    return n.sd
        .cnn()
        .conv2d("op", n.in, weights(n, format, 2), n.var("op_b", FILTERS), valid(n, format));
  }

  private static Conv2DConfig valid(OpNet n, WeightsFormat format) {
    Conv2DConfig config = n.config(1, format);
    config.setKH(2);
    config.setKW(2);
    return config;
  }

  private static SDVariable conv3d(OpNet n, WeightsFormat format) {
    Conv3DConfig config =
        Conv3DConfig.builder()
            .kD(2)
            .kH(2)
            .kW(2)
            .biasUsed(true)
            .paddingMode(PaddingMode.VALID)
            .dataFormat(n.nhwc ? "NDHWC" : "NCDHW")
            .build();
    return stored(
        format,
        n.sd.cnn().conv3d("op", volume(n), weights(n, format, 3), n.var("op_b", FILTERS), config));
  }

  private static SDVariable deconv2d(OpNet n, WeightsFormat format) {
    DeConv2DConfig config =
        DeConv2DConfig.builder()
            .kH(2)
            .kW(2)
            .sH(2)
            .sW(2)
            .dataFormat(n.nhwc ? "NHWC" : "NCHW")
            .build();
    return stored(
        format,
        n.sd.cnn().deconv2d("op", n.in, deweights(n, format, 2), n.var("op_b", FILTERS), config));
  }

  private static SDVariable deconv3d(OpNet n, WeightsFormat format) {
    DeConv3DConfig config =
        DeConv3DConfig.builder().kD(2).kH(2).kW(2).dataFormat(n.nhwc ? "NDHWC" : "NCDHW").build();
    return stored(
        format,
        n.sd
            .cnn()
            .deconv3d("op", volume(n), deweights(n, format, 3), n.var("op_b", FILTERS), config));
  }

  private static SDVariable depthwise(OpNet n, WeightsFormat format) {
    long[] shape =
        switch (format) {
          case YXIO -> new long[] {2, 2, OpNet.CHANNELS, 2};
          case OIYX -> new long[] {2, OpNet.CHANNELS, 2, 2};
          case OYXI -> new long[] {2, 2, 2, OpNet.CHANNELS};
        };
    SDVariable w = n.var("op_W", shape);
    SDVariable b = n.var("op_b", 2 * OpNet.CHANNELS);
    return stored(format, n.sd.cnn().depthWiseConv2d("op", n.in, w, b, valid(n, format)));
  }

  private static SDVariable depthwiseByOne(OpNet n) {
    return n.sd
        .cnn()
        .depthWiseConv2d(
            "op", n.in, n.var("op_W", 1, 1, OpNet.CHANNELS, 2), n.config(1, WeightsFormat.YXIO));
  }

  private static SDVariable separable(OpNet n) {
    return n.sd
        .cnn()
        .separableConv2d(
            "op",
            n.in,
            n.var("op_D", 2, 2, OpNet.CHANNELS, 2),
            n.var("op_P", 1, 1, 2 * OpNet.CHANNELS, FILTERS),
            n.var("op_b", FILTERS),
            valid(n, WeightsFormat.YXIO));
  }
}
