package org.samediff.pruning.it.random;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Ops that take, repeat or pad parts of an axis, and softmax. Not here: softmax along axis 1 of
 * rank 4, which is wrong with oneDNN.
 */
final class SelectKinds {
  /** Kinds that take channels by their number, and so tell them apart. */
  static final Set<String> BY_NUMBER = Set.of("split", "restack", "slice", "strided", "gather");

  private SelectKinds() {}

  static List<LayerKind> all() {
    return List.of(
        LayerKind.of(
            "split",
            6,
            (r, in) -> axis(r, in).of("parts", 2, 2, 3).of("take", 0, 1).params(),
            (l, in) ->
                part(l, in.get(0), "parts", l.get("take"))
                    .filter(s -> l.get("parts") > 1 && l.get("take") < l.get("parts")),
            t ->
                t.once(
                        "split" + t.get("parts") + "@" + t.get("axis"),
                        () -> t.sd().split(t.x(), t.get("parts"), t.get("axis")))[t.get("take")]),
        LayerKind.of(
            "restack",
            2,
            (r, in) ->
                new Draw(r)
                    .of("axis", in.get(0).axis())
                    .rarely("reversed", 0.5)
                    .rarely("drop", 0.5)
                    .params(),
            (l, in) -> restacked(l, in.get(0)),
            SelectKinds::restack),
        LayerKind.of("slice", 2, SelectKinds::window, SelectKinds::sliced, SelectKinds::slice),
        LayerKind.of(
            "strided",
            2,
            (r, in) -> {
              Map<String, Integer> p = window(r, in);
              p.put("step", 1 + r.nextInt(2));
              return p;
            },
            SelectKinds::sliced,
            SelectKinds::strided),
        LayerKind.of(
                "gather",
                5,
                (r, in) ->
                    axis(r, in)
                        .range("begin", 0, 3)
                        .range("size", 1, 6)
                        .of("step", 1, 2, 3)
                        .params(),
                (l, in) ->
                    Optional.of(in.get(0))
                        .filter(s -> onAxis(l, s) && l.get("size") > 0)
                        .map(s -> s.with(l.get("axis"), l.get("size"))),
                SelectKinds::gather)
            .untrainable(),
        LayerKind.of(
            "pad",
            3,
            (r, in) ->
                axis(r, in)
                    .range("before", 0, 2)
                    .range("after", 0, 2)
                    .rarely("value", 0.3)
                    .params(),
            (l, in) ->
                Optional.of(in.get(0))
                    .filter(s -> onAxis(l, s))
                    .map(
                        s ->
                            s.with(
                                l.get("axis"),
                                s.size(l.get("axis")) + l.get("before") + l.get("after"))),
            SelectKinds::pad),
        LayerKind.of(
            "tile",
            2,
            (r, in) -> axis(r, in).of("times", 2, 3).params(),
            (l, in) ->
                Optional.of(in.get(0))
                    .filter(s -> onAxis(l, s) && l.get("times") > 0)
                    .map(s -> s.with(l.get("axis"), s.size(l.get("axis")) * l.get("times"))),
            SelectKinds::tile),
        LayerKind.of(
            "reverse",
            1,
            (r, in) -> axis(r, in).params(),
            (l, in) -> Optional.of(in.get(0)).filter(s -> onAxis(l, s)),
            t -> t.sd().reverse(t.x(), t.get("axis"))),
        LayerKind.of(
            "softmax",
            2,
            (r, in) -> Map.of(),
            (l, in) -> Optional.of(in.get(0)),
            t -> t.sd().nn().softmax(t.x(), t.shape().rank() - 1)));
  }

  /** Mostly the channels' axis. */
  private static Draw axis(Random r, List<Shape> in) {
    Shape s = in.get(0);
    return new Draw(r).of("axis", s.axis(), s.axis(), s.axis(), 1 + r.nextInt(s.rank() - 1));
  }

  private static boolean onAxis(Layer l, Shape s) {
    return l.get("axis") > 0 && l.get("axis") < s.rank();
  }

  private static Optional<Shape> part(Layer l, Shape s, String parts, int take) {
    boolean fits = onAxis(l, s) && take >= 0 && s.size(l.get("axis")) % l.get(parts) == 0;
    return fits
        ? Optional.of(s.with(l.get("axis"), s.size(l.get("axis")) / l.get(parts)))
        : Optional.empty();
  }

  private static Optional<Shape> restacked(Layer l, Shape s) {
    if (!onAxis(l, s) || s.size(l.get("axis")) > 6) {
      return Optional.empty();
    }
    int left = s.size(l.get("axis")) - l.get("drop");
    return left > 0 ? Optional.of(s.with(l.get("axis"), left)) : Optional.empty();
  }

  /** unstack and stack, perhaps in reverse order, perhaps without the first. */
  private static SDVariable restack(Site t) {
    int axis = t.get("axis");
    SDVariable[] parts = t.sd().unstack(t.x(), axis, t.shape().size(axis));
    int[] order = IntStream.range(t.get("drop"), parts.length).toArray();
    if (t.is("reversed")) {
      order = Arrays.stream(order).map(i -> parts.length - 1 - i + t.get("drop")).toArray();
    }
    return t.sd()
        .stack(axis, Arrays.stream(order).mapToObj(i -> parts[i]).toArray(SDVariable[]::new));
  }

  private static Map<String, Integer> window(Random r, List<Shape> in) {
    return axis(r, in).range("begin", 0, 2).range("size", 1, 5).params();
  }

  private static Optional<Shape> sliced(Layer l, Shape s) {
    int step = l.params().getOrDefault("step", 1);
    int size = l.get("size");
    boolean fits =
        onAxis(l, s)
            && size > 0
            && step > 0
            && l.get("begin") >= 0
            && l.get("begin") + size <= s.size(l.get("axis"));
    return fits ? Optional.of(s.with(l.get("axis"), (size + step - 1) / step)) : Optional.empty();
  }

  private static Optional<Shape> sliced(Layer l, List<Shape> in) {
    return sliced(l, in.get(0));
  }

  private static SDVariable slice(Site t) {
    int rank = t.shape().rank();
    int[] begin = new int[rank];
    int[] size = new int[rank];
    size[0] = -1;
    for (int d = 1; d < rank; d++) {
      size[d] = t.shape().size(d);
    }
    begin[t.get("axis")] = t.get("begin");
    size[t.get("axis")] = t.get("size");
    return t.sd().slice(t.x(), begin, size);
  }

  private static SDVariable strided(Site t) {
    int rank = t.shape().rank();
    int axis = t.get("axis");
    long[] begin = new long[rank];
    long[] end = t.shape().withBatch(1);
    long[] strides = new long[rank];
    Arrays.fill(strides, 1);
    begin[axis] = t.get("begin");
    end[axis] = t.get("begin") + t.get("size");
    strides[axis] = t.get("step");
    return t.sd().stridedSlice(t.x(), begin, end, strides, 1, 1, 0, 0, 0);
  }

  private static SDVariable gather(Site t) {
    int length = t.shape().size(t.get("axis"));
    int[] indices =
        IntStream.range(0, t.get("size"))
            .map(i -> (t.get("begin") + i * t.get("step")) % length)
            .toArray();
    SDVariable constant = t.sd().constant(t.name("indices"), Nd4j.createFromArray(indices));
    return t.sd().gather(t.x(), constant, t.get("axis"));
  }

  private static SDVariable pad(Site t) {
    int[][] pads = new int[t.shape().rank()][2];
    pads[t.get("axis")] = new int[] {t.get("before"), t.get("after")};
    SDVariable constant = t.sd().constant(t.name("pads"), Nd4j.createFromArray(pads));
    return t.sd().nn().pad(t.x(), constant, t.is("value") ? 0.6 : 0);
  }

  private static SDVariable tile(Site t) {
    int[] times = new int[t.shape().rank()];
    Arrays.fill(times, 1);
    times[t.get("axis")] = t.get("times");
    return t.sd().tile(t.x(), times);
  }
}
