package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.enums.DataFormat;
import org.nd4j.linalg.factory.Nd4j;

/** Ops that move elements and change none. */
final class ShapeKinds {
  private ShapeKinds() {}

  static List<LayerKind> all() {
    return List.of(
        LayerKind.of(
            "flatten",
            4,
            (r, in) -> new Draw(r).rarely("dynamic", 0.2).params(),
            (l, in) -> in.get(0).rank() > 2 ? Optional.of(flat(in.get(0))) : Optional.empty(),
            t -> reshape(t, flat(t.shape()))),
        LayerKind.of(
            "merge_space",
            2,
            (r, in) -> new Draw(r).rarely("dynamic", 0.3).params(),
            (l, in) -> in.get(0).rank() == 4 ? Optional.of(merged(in.get(0))) : Optional.empty(),
            t -> reshape(t, merged(t.shape()))),
        LayerKind.of(
            "split_space",
            8,
            (r, in) -> new Draw(r).of("by", 1, 2, 3).params(),
            (l, in) -> splitSpace(l, in.get(0)),
            t -> reshape(t, splitSpace(t.layer(), t.shape()).orElseThrow())),
        LayerKind.of(
            "unflatten",
            1,
            (r, in) -> new Draw(r).of("by", 1, 1, 2, 4).rarely("last", 0.3).params(),
            (l, in) -> unflat(l, in.get(0)),
            t -> reshape(t, unflat(t.layer(), t.shape()).orElseThrow())),
        LayerKind.of(
            "permute",
            3,
            (r, in) -> new Draw(r).of("mode", 0, 0, 1).params(),
            (l, in) -> permuted(l, in.get(0)),
            t -> t.sd().permute(t.x(), axes(t.layer(), t.shape()))),
        LayerKind.of(
            "expand",
            1,
            (r, in) -> Map.of(),
            (l, in) -> Optional.of(in.get(0)).filter(s -> s.rank() < 5).map(ShapeKinds::expanded),
            t -> t.sd().expandDims(t.x(), t.shape().last() ? 1 : t.shape().rank())),
        LayerKind.of(
            "squeeze",
            10,
            (r, in) -> Map.of(),
            (l, in) -> squeezed(in.get(0)),
            t -> t.sd().squeeze(t.x(), unitAxis(t.shape()))),
        LayerKind.of(
            "space_to_depth",
            2,
            (r, in) -> new Draw(r).of("block", 2).params(),
            (l, in) ->
                Optional.of(in.get(0))
                    .filter(s -> s.rank() == 4 && l.get("block") == 2)
                    .filter(s -> s.space().stream().allMatch(d -> d % 2 == 0))
                    .map(
                        s ->
                            Shape.of(
                                s.last(),
                                s.channels() * 4,
                                s.space().stream().map(d -> d / 2).toList())),
            t -> t.sd().cnn().spaceToDepth(t.x(), 2, format(t))),
        LayerKind.of(
            "depth_to_space",
            5,
            (r, in) -> new Draw(r).of("block", 2).params(),
            (l, in) ->
                Optional.of(in.get(0))
                    .filter(s -> s.rank() == 4 && l.get("block") == 2 && s.channels() % 4 == 0)
                    .map(
                        s ->
                            Shape.of(
                                s.last(),
                                s.channels() / 4,
                                s.space().stream().map(d -> d * 2).toList())),
            t -> t.sd().cnn().depthToSpace(t.x(), 2, format(t))),
        LayerKind.of(
            "shuffle",
            3,
            (r, in) -> new Draw(r).of("groups", 2, 2, 3, 4).params(),
            (l, in) ->
                Optional.of(in.get(0))
                    .filter(
                        s ->
                            s.rank() == 4
                                && l.get("groups") > 1
                                && s.channels() % l.get("groups") == 0),
            ShapeKinds::shuffle));
  }

  private static DataFormat format(Site t) {
    return t.shape().last() ? DataFormat.NHWC : DataFormat.NCHW;
  }

  private static SDVariable reshape(Site t, Shape to) {
    long[] shape = to.withBatch(-1);
    if (!t.is("dynamic")) {
      return t.sd().reshape(t.x(), shape);
    }
    return t.sd().reshape(t.x(), t.sd().constant(t.name("shape"), Nd4j.createFromArray(shape)));
  }

  private static Shape flat(Shape s) {
    return Shape.flat(s.elements());
  }

  private static Shape merged(Shape s) {
    return s.withSpace(List.of(s.elements() / s.channels()));
  }

  private static Optional<Shape> splitSpace(Layer l, Shape s) {
    int by = l.get("by");
    return s.rank() == 3 && by > 0 && s.space().get(0) % by == 0
        ? Optional.of(s.withSpace(List.of(by, s.space().get(0) / by)))
        : Optional.empty();
  }

  private static Optional<Shape> unflat(Layer l, Shape s) {
    int by = l.get("by");
    return s.rank() == 2 && by > 0 && s.channels() % by == 0
        ? Optional.of(Shape.of(l.is("last"), s.channels() / by, List.of(1, by)))
        : Optional.empty();
  }

  /** Mode 0 moves the channels between first and last, mode 1 swaps height and width. */
  private static int[] axes(Layer l, Shape s) {
    List<Integer> axes = new ArrayList<>(List.of(0));
    for (int d : s.spaceAxes()) {
      axes.add(d);
    }
    if (l.get("mode") == 0) {
      axes.add(s.last() ? 1 : axes.size(), s.axis());
    } else {
      Collections.reverse(axes.subList(1, axes.size()));
      axes.add(s.last() ? axes.size() : 1, s.axis());
    }
    return axes.stream().mapToInt(Integer::intValue).toArray();
  }

  private static Optional<Shape> permuted(Layer l, Shape s) {
    if (s.rank() < 3 || l.get("mode") > 1) {
      return Optional.empty();
    }
    List<Integer> dims = Arrays.stream(axes(l, s)).skip(1).mapToObj(s::size).toList();
    return Optional.of(new Shape(dims, (l.get("mode") == 0) != s.last()));
  }

  private static Shape expanded(Shape s) {
    List<Integer> space = new ArrayList<>(s.space());
    space.add(s.last() ? 0 : space.size(), 1);
    return s.withSpace(space);
  }

  private static int unitAxis(Shape s) {
    return Arrays.stream(s.spaceAxes()).filter(d -> s.size(d) == 1).findFirst().orElse(0);
  }

  private static Optional<Shape> squeezed(Shape s) {
    int axis = unitAxis(s);
    if (axis == 0) {
      return Optional.empty();
    }
    List<Integer> dims = new ArrayList<>(s.dims());
    dims.remove(axis - 1);
    return Optional.of(new Shape(dims, s.last()));
  }

  private static SDVariable shuffle(Site t) {
    Shape s = t.shape();
    int g = t.get("groups");
    int each = s.channels() / g;
    int h = s.space().get(0);
    int w = s.space().get(1);
    if (s.last()) {
      SDVariable parts = t.sd().permute(t.sd().reshape(t.x(), -1, h, w, g, each), 0, 1, 2, 4, 3);
      return t.sd().reshape(parts, -1, h, w, s.channels());
    }
    SDVariable parts = t.sd().permute(t.sd().reshape(t.x(), -1, g, each, h, w), 0, 2, 1, 3, 4);
    return t.sd().reshape(parts, -1, s.channels(), h, w);
  }
}
