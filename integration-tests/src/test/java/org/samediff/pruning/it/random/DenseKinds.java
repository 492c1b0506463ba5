package org.samediff.pruning.it.random;

import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Dense layers and biases. Not here: {@code linear} and {@code reluLayer}, which are wrong at every
 * second call with oneDNN.
 */
final class DenseKinds {
  private DenseKinds() {}

  static List<LayerKind> all() {
    return List.of(
        LayerKind.of(
            "dense",
            12,
            (r, in) ->
                new Draw(r)
                    .range("units", 1, 8)
                    .rarely("tx", 0.15)
                    .rarely("tw", 0.3)
                    .rarely("left", 0.15)
                    .rarely("bias", 0.5)
                    .params(),
            (l, in) ->
                in.get(0).rank() == 2 && l.get("units") > 0 && !(l.is("tx") && l.is("left"))
                    ? Optional.of(Shape.flat(l.get("units")))
                    : Optional.empty(),
            DenseKinds::dense),
        LayerKind.of(
            "bias",
            3,
            (r, in) -> new Draw(r).of("op", 0, 1).rarely("const", 0.3).params(),
            (l, in) -> Optional.of(in.get(0)).filter(s -> l.get("op") == 0 || s.rank() == 4),
            DenseKinds::bias));
  }

  /** x W, with either factor stored transposed, or W' x' transposed back. */
  private static SDVariable dense(Site t) {
    int in = t.shape().channels();
    int out = t.get("units");
    boolean tw = t.is("tw");
    SDVariable w = tw ? t.weight("W", in, out, in) : t.weight("W", in, in, out);
    SDVariable y;
    if (t.is("left")) {
      y = t.sd().permute(t.sd().mmul(w, t.x(), !tw, true, false), 1, 0);
    } else if (t.is("tx")) {
      y = t.sd().mmul(t.sd().permute(t.x(), 1, 0), w, true, tw, false);
    } else {
      y = t.sd().mmul(t.x(), w, false, tw, false);
    }
    return t.is("bias") ? y.add(t.weight("b", 8, out)) : y;
  }

  private static SDVariable bias(Site t) {
    int c = t.shape().channels();
    if (t.get("op") == 1) {
      return t.sd().nn().biasAdd(t.x(), t.weight("b", 8, c), !t.shape().last());
    }
    return t.x().add(t.weight("b", 8, t.shape().vector()));
  }
}
