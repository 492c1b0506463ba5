package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv1DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv3DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.DeConv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;

/** Convolutions of every sort. Not here: dilated ones, which throw with oneDNN. */
final class ConvolutionKinds {
  private ConvolutionKinds() {}

  static List<LayerKind> all() {
    return List.of(
        LayerKind.of("conv2d", 24, ConvolutionKinds::draw, convolved(4), ConvolutionKinds::conv2d),
        // ND4J takes the weights for YXIO in the gradient
        LayerKind.of(
                "conv2d_format",
                2,
                (r, in) ->
                    new Draw(r)
                        .range("filters", 2, 8)
                        .of("k", 1, 2, 3)
                        .of("s", 1)
                        .of("same", 1)
                        .rarely("bias", 0.5)
                        .of("format", 1, 2)
                        .params(),
                convolved(4),
                ConvolutionKinds::conv2d)
            .untrainable(),
        LayerKind.of("conv1d", 12, ConvolutionKinds::draw, convolved(3), ConvolutionKinds::conv1d),
        LayerKind.of("conv3d", 12, ConvolutionKinds::draw, convolved(5), ConvolutionKinds::conv3d),
        LayerKind.of(
            "deconv2d",
            2,
            (r, in) ->
                new Draw(r)
                    .range("filters", 1, 8)
                    .of("k", 1, 2, 3)
                    .of("s", 1, 2)
                    .of("same", 0, 1)
                    .rarely("bias", 0.5)
                    .params(),
            ConvolutionKinds::deconvolved,
            ConvolutionKinds::deconv2d),
        LayerKind.of(
            "depthwise",
            4,
            (r, in) ->
                new Draw(r)
                    .range("mult", 1, 3)
                    .of("k", 1, 2, 3)
                    .of("s", 1, 1, 2)
                    .of("same", 0, 1)
                    .rarely("bias", 0.5)
                    .params(),
            (l, in) ->
                space(l, in.get(0), 4)
                    .map(s -> Shape.of(in.get(0).last(), in.get(0).channels() * l.get("mult"), s))
                    // ND4J throws on one channel of one pixel
                    .filter(s -> in.get(0).channels() > 1 || s.elements() > s.channels()),
            ConvolutionKinds::depthwise),
        LayerKind.of(
            "separable",
            3,
            (r, in) ->
                new Draw(r)
                    .range("filters", 1, 8)
                    .range("mult", 1, 2)
                    .of("k", 2, 3)
                    .of("s", 1, 1, 2)
                    .of("same", 0, 1)
                    .rarely("bias", 0.5)
                    .params(),
            // ND4J's plain sconv2d throws on one channel
            (l, in) -> in.get(0).channels() > 1 ? convolved(4).infer(l, in) : Optional.empty(),
            ConvolutionKinds::separable),
        LayerKind.of(
            "grouped",
            3,
            (r, in) ->
                new Draw(r)
                    .range("filters", 2, 8)
                    .of("k", 1, 3)
                    .of("s", 1)
                    .of("same", 1)
                    .of("groups", 2, 2, 3, 4)
                    .rarely("bias", 0.5)
                    .params(),
            (l, in) ->
                l.get("groups") > 1
                        && in.get(0).channels() % l.get("groups") == 0
                        && l.get("filters") % l.get("groups") == 0
                    ? convolved(4).infer(l, in)
                    : Optional.empty(),
            ConvolutionKinds::grouped));
  }

  private static Map<String, Integer> draw(Random r, List<Shape> in) {
    Draw draw =
        new Draw(r)
            .range("filters", 1, 8)
            .of("k", 1, 2, 3, 3)
            .of("s", 1, 1, 1, 2)
            .of("same", 0, 1, 1)
            .rarely("bias", 0.5)
            .rarely("const", 0.05);
    Map<String, Integer> params = draw.params();
    if (params.get("same") == 0) {
      draw.rarely("pad", 0.3);
    }
    return params;
  }

  private static LayerKind.Inference convolved(int rank) {
    return (l, in) ->
        space(l, in.get(0), rank)
            .map(s -> Shape.of(in.get(0).last(), l.get("filters"), s))
            .filter(s -> l.get("filters") > 0);
  }

  private static Optional<List<Integer>> space(Layer l, Shape in, int rank) {
    int k = l.get("k");
    int s = l.get("s");
    boolean fits = in.rank() == rank && k > 0 && s > 0;
    List<Integer> out = new ArrayList<>();
    for (int d : in.space()) {
      int padded = d + 2 * l.get("pad");
      fits &= padded >= k && (l.is("same") ? d >= k : k >= l.get("pad"));
      out.add(fits ? (l.is("same") ? (d + s - 1) / s : (padded - k) / s + 1) : 1);
    }
    return fits ? Optional.of(out) : Optional.empty();
  }

  private static PaddingMode padding(Site t) {
    return t.is("same") ? PaddingMode.SAME : PaddingMode.VALID;
  }

  private static Conv2DConfig config(Site t) {
    return Conv2DConfig.builder()
        .kH(t.get("k"))
        .kW(t.get("k"))
        .sH(t.get("s"))
        .sW(t.get("s"))
        .pH(t.get("pad"))
        .pW(t.get("pad"))
        .paddingMode(padding(t))
        .dataFormat(t.shape().last() ? "NHWC" : "NCHW")
        .weightsFormat(WeightsFormat.values()[t.get("format")])
        .build();
  }

  private static long[] weightShape(Site t, int in, int out) {
    int k = t.get("k");
    return switch (WeightsFormat.values()[t.get("format")]) {
      case YXIO -> new long[] {k, k, in, out};
      case OIYX -> new long[] {out, in, k, k};
      case OYXI -> new long[] {out, k, k, in};
    };
  }

  private static SDVariable conv2d(Site t) {
    return conv2d(t, "", t.shape().channels(), t.get("filters"));
  }

  private static SDVariable conv2d(Site t, String part, int in, int out) {
    int k = t.get("k");
    SDVariable w = t.weight("W" + part, k * k * in, weightShape(t, in, out));
    return t.is("bias")
        ? t.sd().cnn().conv2d(t.x(), w, t.weight("b" + part, 8, out), config(t))
        : t.sd().cnn().conv2d(t.x(), w, config(t));
  }

  private static SDVariable grouped(Site t) {
    int groups = t.get("groups");
    int in = t.shape().channels() / groups;
    SDVariable[] parts = t.sd().split(t.x(), groups, t.shape().axis());
    SDVariable[] outs = new SDVariable[groups];
    for (int g = 0; g < groups; g++) {
      outs[g] = conv2d(t.reading(parts[g]), String.valueOf(g), in, t.get("filters") / groups);
    }
    return t.sd().concat(t.shape().axis(), outs);
  }

  private static SDVariable conv1d(Site t) {
    int in = t.shape().channels();
    int out = t.get("filters");
    Conv1DConfig config =
        Conv1DConfig.builder()
            .k(t.get("k"))
            .s(t.get("s"))
            .p(t.get("pad"))
            .paddingMode(padding(t))
            .dataFormat(t.shape().last() ? "NWC" : "NCW")
            .build();
    SDVariable w = t.weight("W", t.get("k") * in, t.get("k"), in, out);
    return t.is("bias")
        ? t.sd().cnn().conv1d(t.x(), w, t.weight("b", 8, out), config)
        : t.sd().cnn().conv1d(t.x(), w, config);
  }

  private static SDVariable conv3d(Site t) {
    int k = t.get("k");
    int s = t.get("s");
    int p = t.get("pad");
    int in = t.shape().channels();
    int out = t.get("filters");
    Conv3DConfig config =
        Conv3DConfig.builder()
            .kD(k)
            .kH(k)
            .kW(k)
            .sD(s)
            .sH(s)
            .sW(s)
            .pD(p)
            .pH(p)
            .pW(p)
            .biasUsed(t.is("bias"))
            .paddingMode(padding(t))
            .dataFormat(t.shape().last() ? "NDHWC" : "NCDHW")
            .build();
    SDVariable w = t.weight("W", k * k * k * in, k, k, k, in, out);
    return t.is("bias")
        ? t.sd().cnn().conv3d(t.x(), w, t.weight("b", 8, out), config)
        : t.sd().cnn().conv3d(t.x(), w, config);
  }

  private static Optional<Shape> deconvolved(Layer l, List<Shape> in) {
    Shape x = in.get(0);
    int k = l.get("k");
    int s = l.get("s");
    if (x.rank() != 4 || k < s || s < 1 || l.get("filters") < 1) {
      return Optional.empty();
    }
    List<Integer> space =
        x.space().stream().map(d -> l.is("same") ? d * s : (d - 1) * s + k).toList();
    return Optional.of(Shape.of(x.last(), l.get("filters"), space));
  }

  private static SDVariable deconv2d(Site t) {
    int k = t.get("k");
    int in = t.shape().channels();
    int out = t.get("filters");
    DeConv2DConfig config =
        DeConv2DConfig.builder()
            .kH(k)
            .kW(k)
            .sH(t.get("s"))
            .sW(t.get("s"))
            .isSameMode(t.is("same"))
            .dataFormat(t.shape().last() ? "NHWC" : "NCHW")
            .build();
    SDVariable w = t.weight("W", k * k * in, k, k, out, in);
    return t.is("bias")
        ? t.sd().cnn().deconv2d(t.x(), w, t.weight("b", 8, out), config)
        : t.sd().cnn().deconv2d(t.x(), w, config);
  }

  private static SDVariable depthwise(Site t) {
    int k = t.get("k");
    int in = t.shape().channels();
    SDVariable w = t.weight("W", k * k, k, k, in, t.get("mult"));
    return t.is("bias")
        ? t.sd()
            .cnn()
            .depthWiseConv2d(t.x(), w, t.weight("b", 8, (long) in * t.get("mult")), config(t))
        : t.sd().cnn().depthWiseConv2d(t.x(), w, config(t));
  }

  private static SDVariable separable(Site t) {
    int k = t.get("k");
    int in = t.shape().channels();
    int mult = t.get("mult");
    int out = t.get("filters");
    SDVariable depth = t.weight("Wd", k * k, k, k, in, mult);
    SDVariable point = t.weight("Wp", in * mult, 1, 1, (long) in * mult, out);
    return t.is("bias")
        ? t.sd().cnn().separableConv2d(t.x(), depth, point, t.weight("b", 8, out), config(t))
        : t.sd().cnn().separableConv2d(t.x(), depth, point, config(t));
  }
}
