package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.ops.SDMath;
import org.nd4j.linalg.api.ops.impl.image.ResizeNearestNeighbor;
import org.nd4j.linalg.api.ops.impl.layers.convolution.Pooling2D;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling3DConfig;
import org.nd4j.linalg.factory.Nd4j;

/** Pooling, upsampling, resizing and reductions. */
final class PoolCases {
  private interface Reduction {
    SDVariable of(SDMath math, SDVariable x, int... axes);
  }

  private PoolCases() {}

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    for (PaddingMode mode : List.of(PaddingMode.VALID, PaddingMode.SAME)) {
      boolean same = mode == PaddingMode.SAME;
      cases.add(OpCase.of("maxpool2d " + mode, n -> n.sd.cnn().maxPooling2d(n.in, flat(n, mode))));
      OpCase average =
          OpCase.of("avgpool2d " + mode, n -> n.sd.cnn().avgPooling2d(n.in, flat(n, mode)));
      cases.add(same ? average.dead(Dead.ZERO, Dead.VARYING) : average);
    }
    cases.add(OpCase.of("pnormpool2d", PoolCases::pnorm).untrainable());
    cases.add(
        OpCase.of("maxpool3dnew", n -> n.sd.cnn().maxPooling3d(volume(n), cube(n)))
            .maps(n -> n.nhwc ? 4 : 1, i -> i)
            .groups(OpCase.DENSE));
    cases.add(
        OpCase.of("avgpool3dnew", n -> n.sd.cnn().avgPooling3d(volume(n), cube(n)))
            .maps(n -> n.nhwc ? 4 : 1, i -> i)
            .groups(OpCase.DENSE));
    OpCase upsampling =
        OpCase.of("upsampling2d", n -> n.sd.cnn().upsampling2d(n.in, 2, 2, !n.nhwc));
    cases.add(upsampling);
    // ND4J 1.0.0-M2.1 widens the channels of an NDHWC volume
    cases.add(
        OpCase.of("upsampling3d", n -> n.sd.cnn().upsampling3d(volume(n), true, 1, 2, 2))
            .maps(1, i -> i)
            .groups(OpCase.DENSE)
            .nchw());
    cases.add(OpCase.of("resize_bilinear", n -> resized(n, PoolCases::bilinear)).untrainable());
    cases.add(
        OpCase.of("resize_nearest_neighbor", n -> resized(n, PoolCases::nearest)).untrainable());
    reductions(cases);
    return cases;
  }

  private static void reductions(List<OpCase> cases) {
    for (String name :
        List.of("reduce_sum", "reduce_norm1", "reduce_norm2", "reduce_sqnorm", "asum")) {
      cases.add(overSpace(name, reduction(name)));
      cases.add(
          OpCase.of(name + " over channels", n -> reduction(name).of(n.sd.math(), n.in, n.axis()))
              .maps(-1, i -> -1)
              .dead(Dead.ZERO, Dead.UNIFORM)
              .groups("8 [c1] [c1_W[3], c1_b[0]]"));
    }
    for (String name :
        List.of(
            "reduce_mean",
            "reduce_max",
            "reduce_min",
            "reduce_normmax",
            "reduce_prod",
            "amean",
            "amax",
            "amin",
            "var",
            "std")) {
      cases.add(overSpace(name, reduction(name)));
      cases.add(
          OpCase.of(name + " over channels", n -> reduction(name).of(n.sd.math(), n.in, n.axis()))
              .refused("the result depends on how many there are"));
    }
    cases.add(OpCase.of("reduce_logsumexp", PoolCases::logSumExp).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(overSpace("moments", (m, x, axes) -> added(m.moments(x, axes, false))));
  }

  /** Of a few numbers: of a whole map it is almost zero. */
  private static SDVariable product(SDMath math, SDVariable x, int... axes) {
    return axes.length == 1 ? math.prod(x, axes) : math.prod(x, axes[1]).mean(axes[0]);
  }

  private static SDVariable added(SDVariable[] parts) {
    return parts[0].add(parts[1]);
  }

  /** As a map of one pixel, whose consumer has a bias for the constant. */
  private static SDVariable logSumExp(OpNet n) {
    SDVariable features = n.sd.math().logSumExp(n.in, n.space());
    int axis = n.nhwc ? 1 : 2;
    return n.sd.expandDims(n.sd.expandDims(features, axis), axis);
  }

  private static OpCase overSpace(String name, Reduction f) {
    return OpCase.of(name, n -> f.of(n.sd.math(), n.in, n.space()))
        .maps(1, i -> i)
        .groups(OpCase.DENSE);
  }

  private static Reduction reduction(String name) {
    return switch (name) {
      case "reduce_sum" -> SDMath::sum;
      case "reduce_norm1" -> SDMath::norm1;
      case "reduce_norm2" -> SDMath::norm2;
      case "reduce_sqnorm" -> SDMath::squaredNorm;
      case "asum" -> SDMath::asum;
      case "reduce_mean" -> SDMath::mean;
      case "reduce_max" -> SDMath::reduceMax;
      case "reduce_min" -> SDMath::reduceMin;
      case "reduce_normmax" -> SDMath::normMax;
      case "reduce_prod" -> PoolCases::product;
      case "amean" -> SDMath::reduceAmean;
      case "amax" -> SDMath::reduceAMax;
      case "amin" -> SDMath::reduceAmin;
      case "var" -> (m, x, axes) -> x.getSameDiff().variance(x, true, axes);
      case "std" -> (m, x, axes) -> x.getSameDiff().standardDeviation(x, true, axes);
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static Pooling2DConfig flat(OpNet n, PaddingMode mode) {
    return Pooling2DConfig.builder()
        .kH(3)
        .kW(3)
        .sH(2)
        .sW(2)
        .paddingMode(mode)
        .isNHWC(n.nhwc)
        .build();
  }

  private static Pooling3DConfig cube(OpNet n) {
    return Pooling3DConfig.builder().kD(2).kH(2).kW(2).sD(1).sH(1).sW(1).isNCDHW(!n.nhwc).build();
  }

  private static SDVariable volume(OpNet n) {
    return n.nhwc
        ? n.sd.reshape(n.in, -1, 2, 3, OpNet.SIDE, OpNet.CHANNELS)
        : n.sd.reshape(n.in, -1, OpNet.CHANNELS, 2, 3, OpNet.SIDE);
  }

  private static SDVariable pnorm(OpNet n) {
    Pooling2DConfig config = flat(n, PaddingMode.VALID);
    config.setType(Pooling2D.Pooling2DType.PNORM);
    config.setExtra(2);
    return new Pooling2D(n.sd, new SDVariable[] {n.in}, config).outputVariable();
  }

  /** ND4J resizes NHWC maps only. */
  private static SDVariable resized(OpNet n, UnaryOperator<SDVariable> f) {
    SDVariable last = n.nhwc ? n.in : n.sd.permute(n.in, 0, 2, 3, 1);
    SDVariable resized = f.apply(last);
    return n.nhwc ? resized : n.sd.permute(resized, 0, 3, 1, 2);
  }

  private static SDVariable bilinear(SDVariable map) {
    return map.getSameDiff().image().resizeBiLinear(map, 9, 9, false, false);
  }

  private static SDVariable nearest(SDVariable map) {
    SDVariable size = map.getSameDiff().constant("size", Nd4j.createFromArray(9, 9));
    return new Nearest(map.getSameDiff(), map, size).outputVariable();
  }

  /** ND4J's own has no constructor for a graph; imports fill it in like this. */
  static final class Nearest extends ResizeNearestNeighbor {
    Nearest() {}

    Nearest(SameDiff sd, SDVariable... args) {
      setSameDiff(sd);
      setInstanceId();
      sd.addArgsFor(args, this);
    }
  }
}
