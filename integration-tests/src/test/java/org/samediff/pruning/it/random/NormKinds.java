package org.samediff.pruning.it.random;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.LocalResponseNormalizationConfig;
import org.samediff.pruning.layers.BatchNormalization;

/** Normalisations. */
final class NormKinds {
  private static final double EPS = 1e-3;

  private NormKinds() {}

  static List<LayerKind> all() {
    return List.of(
        LayerKind.of(
            "batchnorm",
            6,
            (r, in) -> new Draw(r).of("op", 0, 1).params(),
            (l, in) -> Optional.of(in.get(0)).filter(s -> s.rank() == 2 || s.rank() == 4),
            NormKinds::batchnorm),
        LayerKind.same("batchnorm_moments", 3, NormKinds::byMoments),
        LayerKind.same("batchnorm_frozen", 3, NormKinds::frozen),
        LayerKind.of(
            "layernorm",
            2,
            (r, in) -> new Draw(r).of("axes", 0, 1).rarely("bias", 0.6).params(),
            (l, in) ->
                Optional.of(in.get(0))
                    .filter(s -> s.channels() > 1 && (s.last() || s.rank() == 2 || l.is("axes"))),
            NormKinds::layernorm),
        LayerKind.of(
            "standardize",
            2,
            (r, in) -> new Draw(r).of("over", 0, 1, 2).params(),
            (l, in) -> Optional.of(in.get(0)).filter(s -> wide(s, l.get("over"))),
            t -> t.sd().math().standardize(t.x(), axes(t.shape(), t.get("over")))),
        LayerKind.of(
            "groupnorm",
            3,
            (r, in) -> new Draw(r).of("groups", 1, 2, 2, 3, 4).params(),
            (l, in) ->
                Optional.of(in.get(0))
                    .filter(
                        s ->
                            s.rank() == 4
                                && l.get("groups") > 0
                                && s.channels() % l.get("groups") == 0
                                && s.elements() / l.get("groups") > 2),
            NormKinds::groupnorm),
        LayerKind.of(
            "instancenorm",
            3,
            (r, in) -> new Draw(r).rarely("affine", 0.7).params(),
            (l, in) -> Optional.of(in.get(0)).filter(s -> wide(s, 1)),
            NormKinds::instancenorm),
        LayerKind.of(
            "lrn",
            2,
            (r, in) -> new Draw(r).range("depth", 1, 3).params(),
            (l, in) ->
                Optional.of(in.get(0)).filter(s -> s.rank() == 4 && s.last() && l.get("depth") > 0),
            NormKinds::lrn));
  }

  /** Axes of the channels (0), of space (1) or all but the batch (2). */
  static int[] axes(Shape s, int over) {
    return switch (over) {
      case 0 -> new int[] {s.axis()};
      case 1 -> s.spaceAxes();
      default -> IntStream.range(1, s.rank()).toArray();
    };
  }

  /** There are enough elements to have a variance. */
  private static boolean wide(Shape s, int over) {
    int[] axes = axes(s, over);
    return axes.length > 0 && IntStream.of(axes).map(s::size).reduce(1, (a, b) -> a * b) > 2;
  }

  private static SDVariable batchnorm(Site t) {
    int c = t.shape().channels();
    if (t.get("op") == 1) {
      return t.sd()
          .nn()
          .batchNorm(
              t.x(),
              t.constant("mean", c),
              t.positive("var", c),
              t.scale("gamma", c),
              t.shift("beta", c),
              EPS,
              t.shape().axis());
    }
    String name = t.name("bn");
    SDVariable y = BatchNormalization.apply(t.sd(), name, t.x(), c, t.shape().axis(), EPS, 0.9);
    t.sd().getVariable(name + "/gamma").getArr().assign(t.spread(name + "g", 0.5, 1.5, c));
    t.sd().getVariable(name + "/beta").getArr().assign(t.spread(name + "b", 0.1, 0.5, c));
    t.sd().getVariable(name + "/mean").getArr().assign(t.spread(name + "m", 0.1, 0.5, c));
    t.sd().getVariable(name + "/var").getArr().addi(t.spread(name + "v", 0, 0.5, c));
    return y;
  }

  private static SDVariable affine(Site t, SDVariable normal) {
    return normal
        .mul(t.scale("gamma", t.shape().vector()))
        .add(t.shift("beta", t.shape().vector()));
  }

  private static SDVariable normalized(Site t, SDVariable x, int... axes) {
    SDVariable[] m = t.sd().math().moments(x, axes, true);
    return x.sub(m[0]).mul(t.sd().math().rsqrt(m[1].add(EPS)));
  }

  private static SDVariable byMoments(Site t) {
    int axis = t.shape().axis();
    int[] axes = IntStream.range(0, t.shape().rank()).filter(d -> d != axis).toArray();
    return affine(t, normalized(t, t.x(), axes));
  }

  private static SDVariable frozen(Site t) {
    long[] v = t.shape().vector();
    SDVariable normal =
        t.x().sub(t.constant("mean", v)).mul(t.sd().math().rsqrt(t.positive("var", v).add(EPS)));
    return affine(t, normal);
  }

  private static SDVariable layernorm(Site t) {
    Shape s = t.shape();
    int c = s.channels();
    boolean first = !s.last();
    int[] axes = axes(s, t.is("axes") ? 2 : 0);
    SDVariable gain = t.scale("gain", c);
    return t.is("bias")
        ? t.sd().nn().layerNorm(t.x(), gain, t.shift("beta", c), first, axes)
        : t.sd().nn().layerNorm(t.x(), gain, first, axes);
  }

  private static SDVariable groupnorm(Site t) {
    Shape s = t.shape();
    int g = t.get("groups");
    int each = s.channels() / g;
    int h = s.space().get(0);
    int w = s.space().get(1);
    SDVariable grouped =
        s.last()
            ? t.sd().reshape(t.x(), -1, h * w, g, each)
            : t.sd().reshape(t.x(), -1, g, each * h * w);
    SDVariable normal = s.last() ? normalized(t, grouped, 1, 3) : normalized(t, grouped, 2);
    return affine(
        t,
        s.last()
            ? t.sd().reshape(normal, -1, h, w, s.channels())
            : t.sd().reshape(normal, -1, s.channels(), h, w));
  }

  private static SDVariable instancenorm(Site t) {
    SDVariable normal = normalized(t, t.x(), t.shape().spaceAxes());
    return t.is("affine") ? affine(t, normal) : normal;
  }

  private static SDVariable lrn(Site t) {
    return t.sd()
        .cnn()
        .localResponseNormalization(
            t.x(),
            LocalResponseNormalizationConfig.builder()
                .alpha(0.1)
                .beta(0.75)
                .bias(1)
                .depth(t.get("depth"))
                .build());
  }
}
