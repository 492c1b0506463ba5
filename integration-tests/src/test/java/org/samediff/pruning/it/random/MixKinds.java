package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;

/** Ops of two or three values, and of a value and a vector over its channels. */
final class MixKinds {
  private static final String[] OPS = {"add", "sub", "mul", "div", "max", "min", "sqdiff"};

  private MixKinds() {}

  static List<LayerKind> all() {
    List<LayerKind> kinds = new ArrayList<>();
    for (String op : OPS) {
      kinds.add(
          LayerKind.of(
                  op,
                  op.equals("add") ? 6 : op.equals("mul") ? 4 : 1,
                  (r, in) -> Map.of(),
                  (l, in) -> cancels(op, l) ? Optional.empty() : broadcast(in.get(0), in.get(1)),
                  t -> apply(op, t, t.x(), t.in().get(1)))
              .reading(2));
      kinds.add(
          LayerKind.of(
              op + "_vector",
              1,
              (r, in) -> new Draw(r).rarely("const", 0.4).rarely("reversed", 0.3).params(),
              (l, in) -> Optional.of(in.get(0)),
              t -> {
                SDVariable v = t.weight("v", 3, t.shape().vector());
                return t.is("reversed") ? apply(op, t, v, t.x()) : apply(op, t, t.x(), v);
              }));
    }
    for (int n = 2; n <= 3; n++) {
      kinds.add(
          LayerKind.of(
                  "concat" + n,
                  n == 2 ? 5 : 1,
                  (r, in) ->
                      new Draw(r)
                          .of("axis", in.get(0).axis(), in.get(0).axis(), 1, in.get(0).rank() - 1)
                          .params(),
                  MixKinds::joined,
                  t -> t.sd().concat(t.get("axis"), t.in().toArray(SDVariable[]::new)))
              .reading(n));
    }
    return kinds;
  }

  /** A value less itself is zero, and a variance behind it NaN. */
  private static boolean cancels(String op, Layer l) {
    return (op.equals("sub") || op.equals("sqdiff")) && l.inputs().get(0).equals(l.inputs().get(1));
  }

  private static Optional<Shape> broadcast(Shape a, Shape b) {
    if (a.rank() != b.rank() || (a.rank() > 2 && a.last() != b.last())) {
      return Optional.empty();
    }
    List<Integer> dims = new ArrayList<>();
    for (int d = 1; d < a.rank(); d++) {
      int x = a.size(d);
      int y = b.size(d);
      if (x != y && x != 1 && y != 1) {
        return Optional.empty();
      }
      dims.add(Math.max(x, y));
    }
    return Optional.of(new Shape(dims, a.last()));
  }

  private static SDVariable apply(String op, Site t, SDVariable a, SDVariable b) {
    return switch (op) {
      case "add" -> a.add(b);
      case "sub" -> a.sub(b);
      case "mul" -> a.mul(b);
      case "div" -> a.div(t.sd().math().abs(b).add(0.5));
      case "max" -> t.sd().max(a, b);
      case "min" -> t.sd().min(a, b);
      default -> t.sd().math().squaredDifference(a, b);
    };
  }

  private static Optional<Shape> joined(Layer l, List<Shape> in) {
    int axis = l.get("axis");
    Shape first = in.get(0);
    int length = 0;
    for (Shape s : in) {
      boolean alike =
          axis > 0
              && axis < first.rank()
              && s.rank() == first.rank()
              && (s.rank() == 2 || s.last() == first.last())
              && s.with(axis, 1).dims().equals(first.with(axis, 1).dims());
      if (!alike) {
        return Optional.empty();
      }
      length += s.size(axis);
    }
    return Optional.of(first.with(axis, length));
  }
}
