package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ops.impl.layers.convolution.Pooling2D;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling3DConfig;

/** Pooling, reductions and upsampling. */
final class PoolKinds {
  private PoolKinds() {}

  static List<LayerKind> all() {
    return List.of(
        LayerKind.of("maxpool", 4, PoolKinds::window, PoolKinds::pooled, PoolKinds::maxpool),
        LayerKind.of("avgpool", 3, PoolKinds::window, PoolKinds::pooled, PoolKinds::avgpool),
        LayerKind.of(
                "pnormpool",
                3,
                PoolKinds::window,
                (l, in) -> pooled(l, in).filter(s -> s.rank() == 4),
                PoolKinds::pnormpool)
            .untrainable(),
        LayerKind.of(
            "reduce",
            6,
            (r, in) ->
                new Draw(r).range("op", 0, 4).of("over", 0, 1, 1, 1, 2).of("keep", 0, 1).params(),
            PoolKinds::reduced,
            PoolKinds::reduce),
        LayerKind.of(
            "upsample",
            3,
            (r, in) -> new Draw(r).of("h", 1, 2).of("w", 2).params(),
            (l, in) ->
                Optional.of(in.get(0))
                    .filter(s -> s.rank() == 4 && l.get("h") > 0 && l.get("w") > 0)
                    .map(
                        s ->
                            s.withSpace(
                                List.of(
                                    s.space().get(0) * l.get("h"), s.space().get(1) * l.get("w")))),
            t -> t.sd().cnn().upsampling2d(t.x(), t.get("h"), t.get("w"), !t.shape().last())));
  }

  private static Map<String, Integer> window(Random r, List<Shape> in) {
    return new Draw(r).of("k", 2, 2, 3).of("s", 1, 2).of("same", 0, 1).params();
  }

  private static Optional<Shape> pooled(Layer l, List<Shape> in) {
    Shape x = in.get(0);
    int k = l.get("k");
    int s = l.get("s");
    if (x.rank() < 4 || k < 1 || s < 1 || x.space().stream().anyMatch(d -> d < k)) {
      return Optional.empty();
    }
    List<Integer> space = new ArrayList<>();
    x.space().forEach(d -> space.add(l.is("same") ? (d + s - 1) / s : (d - k) / s + 1));
    return Optional.of(x.withSpace(space));
  }

  private static Pooling2DConfig config(Site t) {
    return Pooling2DConfig.builder()
        .kH(t.get("k"))
        .kW(t.get("k"))
        .sH(t.get("s"))
        .sW(t.get("s"))
        .paddingMode(t.is("same") ? PaddingMode.SAME : PaddingMode.VALID)
        .isNHWC(t.shape().last())
        .build();
  }

  private static Pooling3DConfig config3d(Site t) {
    int k = t.get("k");
    int s = t.get("s");
    return Pooling3DConfig.builder()
        .kD(k)
        .kH(k)
        .kW(k)
        .sD(s)
        .sH(s)
        .sW(s)
        .isSameMode(t.is("same"))
        .isNCDHW(!t.shape().last())
        .build();
  }

  private static SDVariable maxpool(Site t) {
    return t.shape().rank() == 5
        ? t.sd().cnn().maxPooling3d(t.x(), config3d(t))
        : t.sd().cnn().maxPooling2d(t.x(), config(t));
  }

  private static SDVariable avgpool(Site t) {
    return t.shape().rank() == 5
        ? t.sd().cnn().avgPooling3d(t.x(), config3d(t))
        : t.sd().cnn().avgPooling2d(t.x(), config(t));
  }

  private static SDVariable pnormpool(Site t) {
    Pooling2DConfig config = config(t);
    config.setType(Pooling2D.Pooling2DType.PNORM);
    config.setExtra(2);
    return new Pooling2D(t.sd(), new SDVariable[] {t.x()}, config).outputVariable();
  }

  private static Optional<Shape> reduced(Layer l, List<Shape> in) {
    Shape x = in.get(0);
    int over = l.get("over");
    if (x.rank() == 2 || (over == 2 && !l.is("keep"))) {
      return Optional.empty();
    }
    if (l.is("keep")) {
      Shape out = x;
      for (int axis : NormKinds.axes(x, over)) {
        out = out.with(axis, 1);
      }
      return Optional.of(out);
    }
    return Optional.of(over == 1 ? Shape.flat(x.channels()) : new Shape(x.space(), false));
  }

  private static SDVariable reduce(Site t) {
    boolean keep = t.is("keep");
    int[] axes = NormKinds.axes(t.shape(), t.get("over"));
    return switch (t.get("op")) {
      case 0 -> t.x().mean(keep, axes);
      case 1 -> t.sd().max(t.x(), keep, axes);
      case 2 -> t.sd().min(t.x(), keep, axes);
      case 3 -> t.sd().sum(t.x(), keep, axes).mul(0.2);
      default -> t.sd().norm2(t.x().add(0.1), keep, axes);
    };
  }
}
