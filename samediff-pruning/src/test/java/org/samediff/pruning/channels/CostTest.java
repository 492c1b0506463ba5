package org.samediff.pruning.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv1DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv3DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.DeConv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.DeConv3DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.layers.BatchNormalization;

/** Multiply-accumulates and parameters of each kind of op, against counts made by hand. */
class CostTest {
  private static final int BATCH = 5;

  /** One op and what it costs for one example. */
  private static Arguments costs(
      String op,
      long[] input,
      UnaryOperator<SDVariable> body,
      long filters,
      long parameters,
      long macs) {
    return Arguments.of(op, input, body, List.of(filters, parameters, macs));
  }

  private static SDVariable var(SDVariable x, String name, long... shape) {
    return x.getSameDiff().var(name, Nd4j.ones(DataType.FLOAT, shape));
  }

  static List<Arguments> ops() {
    long[] map = {3, 8, 6};
    return List.of(
        // 7 filters of 3 x 5 at (10 - 5) / 1 + 1 = 6 positions
        costs("conv1d", new long[] {3, 10}, CostTest::conv1d, 7, 7 * 15 + 7, 6 * 7 * 15),
        // 7 filters of 3 x 3 x 2 at ceil(8 / 2) x ceil(6 / 2) positions
        costs("conv2d", map, x -> conv2d(x, 2, true), 7, 7 * 18 + 7, 4 * 3 * 7 * 18),
        costs("conv2d without bias", map, x -> conv2d(x, 1, false), 7, 7 * 18, 8 * 6 * 7 * 18),
        // 7 filters of 2 x 2 x 2 x 2 at 3 x 4 x 5 positions
        costs("conv3d", new long[] {2, 4, 5, 6}, CostTest::conv3d, 7, 7 * 16 + 7, 60 * 7 * 16),
        // each of 8 x 6 input positions goes through 2 x 2 weights for each of 7 filters and 3
        // channels
        costs("deconv2d", map, CostTest::deconv2d, 7, 7 * 12 + 7, 8 * 6 * 7 * 12),
        costs("deconv3d", new long[] {2, 3, 4, 5}, CostTest::deconv3d, 7, 7 * 16 + 7, 60 * 7 * 16),
        // 3 channels times 2 filters of 3 x 3, at 8 x 6 positions
        costs(
            "depthwise, multiplier 2", map, CostTest::depthwise, 0, 3 * 2 * 9 + 6, 48 * 3 * 2 * 9),
        // the same, then 7 filters of 6
        costs("separable", map, CostTest::separable, 7, 54 + 42 + 7, 48 * (54 + 42)),
        // two groups of 2 channels, 3 filters each
        costs(
            "grouped",
            new long[] {4, 8, 6},
            CostTest::grouped,
            6,
            2 * (3 * 2 * 9 + 3),
            48 * 2 * 3 * 2 * 9),
        costs("matmul", new long[] {9}, x -> x.mmul(var(x, "w", 9, 4)), 0, 36, 36),
        costs(
            "matmul, W transposed",
            new long[] {9},
            x ->
                new Mmul(x.getSameDiff(), x, var(x, "w", 4, 9), false, true, false)
                    .outputVariable(),
            0,
            36,
            36),
        costs(
            "matmul, x transposed",
            new long[] {9},
            x ->
                new Mmul(x.getSameDiff(), x.permute(1, 0), var(x, "w", 9, 4), true, false, false)
                    .outputVariable(),
            0,
            36,
            36),
        costs(
            "matmul, W on the left",
            new long[] {9},
            x ->
                new Mmul(x.getSameDiff(), var(x, "w", 4, 9), x, false, true, false)
                    .outputVariable(),
            0,
            36,
            36),
        costs(
            "xw_plus_b",
            new long[] {9},
            x -> x.getSameDiff().nn().linear(x, var(x, "w", 9, 4), var(x, "b", 4)),
            0,
            40,
            36),
        // a dense layer at each of 10 steps
        costs(
            "matmul of sequences",
            new long[] {10, 9},
            x -> x.reshape(-1, 9).mmul(var(x, "w", 9, 4)),
            0,
            36,
            360),
        costs("bias", map, x -> x.getSameDiff().nn().biasAdd(x, var(x, "b", 3), true), 0, 3, 0),
        // gamma and beta; running averages are no parameters
        costs(
            "batch norm", map, x -> BatchNormalization.apply(x.getSameDiff(), "n", x, 3), 0, 6, 0),
        costs("pooling", map, CostTest::pooled, 0, 0, 0),
        costs("elementwise", map, x -> x.getSameDiff().nn().swish(x.mul(x)), 0, 0, 0),
        costs("mean", map, x -> x.mean(2, 3), 0, 0, 0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ops")
  void countsOfOneExample(
      String op, long[] input, UnaryOperator<SDVariable> body, List<Long> expected) {
    SameDiff sd = SameDiff.create();
    long[] shape = new long[input.length + 1];
    shape[0] = -1;
    System.arraycopy(input, 0, shape, 1, input.length);
    String end = body.apply(sd.placeHolder("x", DataType.FLOAT, shape)).name();
    Map<String, INDArray> inputs = Probe.inputs(sd, BATCH, 1, List.of());
    CostModel cost =
        ChannelAnalysis.of(GraphView.of(sd), Probe.shapes(sd, inputs), BATCH, List.of(end)).cost();
    assertThat(EnumSet.range(Measure.FILTERS, Measure.MACS).stream().map(cost::total).toList())
        .as("filters, parameters, MACs")
        .isEqualTo(expected);
  }

  private static SDVariable conv1d(SDVariable x) {
    Conv1DConfig config =
        Conv1DConfig.builder().k(5).s(1).paddingMode(PaddingMode.VALID).dataFormat("NCW").build();
    return x.getSameDiff().cnn().conv1d(x, var(x, "w", 5, 3, 7), var(x, "b", 7), config);
  }

  private static Conv2DConfig config(int kH, int kW, int stride) {
    return Conv2DConfig.builder()
        .kH(kH)
        .kW(kW)
        .sH(stride)
        .sW(stride)
        .paddingMode(PaddingMode.SAME)
        .dataFormat("NCHW")
        .build();
  }

  private static SDVariable conv2d(SDVariable x, int stride, boolean bias) {
    SDVariable w = var(x, "w", 3, 2, 3, 7);
    return bias
        ? x.getSameDiff().cnn().conv2d(x, w, var(x, "b", 7), config(3, 2, stride))
        : x.getSameDiff().cnn().conv2d(x, w, config(3, 2, stride));
  }

  private static SDVariable conv3d(SDVariable x) {
    Conv3DConfig config =
        Conv3DConfig.builder()
            .kD(2)
            .kH(2)
            .kW(2)
            .biasUsed(true)
            .paddingMode(PaddingMode.VALID)
            .dataFormat("NCDHW")
            .build();
    return x.getSameDiff().cnn().conv3d(x, var(x, "w", 2, 2, 2, 2, 7), var(x, "b", 7), config);
  }

  private static SDVariable deconv2d(SDVariable x) {
    DeConv2DConfig config =
        DeConv2DConfig.builder().kH(2).kW(2).sH(2).sW(2).dataFormat("NCHW").build();
    return x.getSameDiff().cnn().deconv2d(x, var(x, "w", 2, 2, 7, 3), var(x, "b", 7), config);
  }

  private static SDVariable deconv3d(SDVariable x) {
    DeConv3DConfig config = DeConv3DConfig.builder().kD(2).kH(2).kW(2).dataFormat("NCDHW").build();
    return x.getSameDiff().cnn().deconv3d(x, var(x, "w", 2, 2, 2, 7, 2), var(x, "b", 7), config);
  }

  private static SDVariable depthwise(SDVariable x) {
    return x.getSameDiff()
        .cnn()
        .depthWiseConv2d(x, var(x, "w", 3, 3, 3, 2), var(x, "b", 6), config(3, 3, 1));
  }

  private static SDVariable separable(SDVariable x) {
    return x.getSameDiff()
        .cnn()
        .separableConv2d(
            x, var(x, "d", 3, 3, 3, 2), var(x, "p", 1, 1, 6, 7), var(x, "b", 7), config(3, 3, 1));
  }

  private static SDVariable grouped(SDVariable x) {
    SameDiff sd = x.getSameDiff();
    SDVariable[] parts = sd.split(x, 2, 1);
    for (int g = 0; g < 2; g++) {
      SDVariable w = var(x, "w" + g, 3, 3, 2, 3);
      parts[g] = sd.cnn().conv2d(parts[g], w, var(x, "b" + g, 3), config(3, 3, 1));
    }
    return sd.concat(1, parts);
  }

  private static SDVariable pooled(SDVariable x) {
    Pooling2DConfig config = Pooling2DConfig.builder().kH(2).kW(2).sH(2).sW(2).build();
    return x.getSameDiff().cnn().maxPooling2d(x, config);
  }
}
