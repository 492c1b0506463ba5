package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Changes of a spec that keep it valid. */
final class Edits {
  private Edits() {}

  /**
   * The spec without a layer.
   *
   * @param value the layer's value
   * @param instead what its readers read, an earlier value, or -1 if there must be none
   * @return empty if the rest does not fit
   */
  static Optional<GraphSpec> withoutValue(GraphSpec spec, int value, int instead) {
    List<Layer> layers = new ArrayList<>();
    for (int v = spec.inputs().size(); v < spec.values(); v++) {
      if (v != value) {
        Layer layer = spec.layer(v);
        if (layer.params().containsKey(Layer.SHARE) && layer.get(Layer.SHARE) == value) {
          layer = layer.without(Layer.SHARE);
        }
        layers.add(layer.renumbered(i -> moved(i, value, instead)));
      }
    }
    Optional<GraphSpec.End> end =
        spec.end()
            .map(e -> new GraphSpec.End(moved(e.value(), value, instead), e.pool(), e.classes()));
    if (end.isPresent() && end.get().value() < 0) {
      return Optional.empty();
    }
    GraphSpec edited = new GraphSpec(spec.seed(), spec.inputs(), layers, end);
    return Optional.of(edited).filter(GraphSpec::valid);
  }

  private static int moved(int i, int value, int instead) {
    int target = i == value ? instead : i;
    return target > value ? target - 1 : target;
  }

  /** The spec with another layer in a layer's place. */
  static Optional<GraphSpec> withLayer(GraphSpec spec, int value, Layer layer) {
    List<Layer> layers = new ArrayList<>(spec.layers());
    layers.set(value - spec.inputs().size(), layer);
    GraphSpec edited = new GraphSpec(spec.seed(), spec.inputs(), layers, spec.end());
    return Optional.of(edited).filter(GraphSpec::valid);
  }

  /** The spec with another end; it may not be valid. */
  static GraphSpec withEnd(GraphSpec spec, Optional<GraphSpec.End> end) {
    return new GraphSpec(spec.seed(), spec.inputs(), spec.layers(), end);
  }

  /** The spec with another shape of an input. */
  static Optional<GraphSpec> withInput(GraphSpec spec, int input, Shape shape) {
    List<Shape> inputs = new ArrayList<>(spec.inputs());
    inputs.set(input, shape);
    GraphSpec edited = new GraphSpec(spec.seed(), inputs, spec.layers(), spec.end());
    return Optional.of(edited).filter(GraphSpec::valid);
  }

  /** The spec without an input that nothing reads. */
  static Optional<GraphSpec> withoutInput(GraphSpec spec, int input) {
    boolean read =
        spec.layers().stream().anyMatch(l -> l.inputs().contains(input))
            || spec.end().stream().anyMatch(e -> e.value() == input);
    if (read || spec.inputs().size() == 1) {
      return Optional.empty();
    }
    List<Shape> inputs = new ArrayList<>(spec.inputs());
    inputs.remove(input);
    List<Layer> layers =
        spec.layers().stream().map(l -> l.renumbered(i -> moved(i, input, -1))).toList();
    Optional<GraphSpec.End> end =
        spec.end().map(e -> new GraphSpec.End(moved(e.value(), input, -1), e.pool(), e.classes()));
    return Optional.of(new GraphSpec(spec.seed(), inputs, layers, end)).filter(GraphSpec::valid);
  }
}
