package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A spec under construction: layers are added as long as they fit. */
final class Draft {
  /** Says that a block does not fit. */
  static final class Unfit extends RuntimeException {
    Unfit() {
      super("does not fit", null, false, false);
    }
  }

  private final int most;
  private final GraphSpec frame;
  private final List<Layer> layers = new ArrayList<>();
  private final List<Shape> shapes;

  /**
   * An empty draft.
   *
   * @param frame seed, inputs and end; its layers are ignored
   * @param most number of layers
   */
  Draft(GraphSpec frame, int most) {
    this.frame = frame;
    this.most = most;
    shapes = new ArrayList<>(frame.inputs());
  }

  /** Adds a layer and returns its value, if it fits. */
  Optional<Integer> tryAdd(Layer layer) {
    if (layers.size() >= most) {
      return Optional.empty();
    }
    Optional<Shape> shape = spec().shapeOf(layer, shapes);
    shape.ifPresent(
        s -> {
          layers.add(layer);
          shapes.add(s);
        });
    return shape.map(s -> shapes.size() - 1);
  }

  /** Adds a layer of a block. */
  int add(String kind, List<Integer> inputs, Map<String, Integer> params) {
    return tryAdd(new Layer(kind, inputs, params)).orElseThrow(Unfit::new);
  }

  int add(String kind, int input) {
    return add(kind, List.of(input), Map.of());
  }

  /** Runs a block; takes everything back if a layer of it does not fit. */
  boolean block(Runnable block) {
    int before = layers.size();
    try {
      block.run();
      return true;
    } catch (Unfit e) {
      layers.subList(before, layers.size()).clear();
      shapes.subList(frame.inputs().size() + before, shapes.size()).clear();
      return false;
    }
  }

  boolean full() {
    return layers.size() >= most;
  }

  int last() {
    return shapes.size() - 1;
  }

  Shape shape(int value) {
    return shapes.get(value);
  }

  List<Layer> layers() {
    return layers;
  }

  /** Values that nothing reads yet. */
  List<Integer> leaves() {
    return spec().leaves();
  }

  GraphSpec spec() {
    return new GraphSpec(frame.seed(), frame.inputs(), layers, frame.end());
  }
}
