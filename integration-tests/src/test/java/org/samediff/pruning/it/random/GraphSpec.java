package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A small readable description of a graph; its text form and {@link #parse} are inverse.
 *
 * <pre>
 * seed 17
 * input 3x6x6 first
 * 1 = conv2d(0) bias=1 filters=4 k=3 s=1 same=1
 * 2 = relu(1)
 * loss flatten 2 classes 3
 * </pre>
 *
 * @param seed of weights, data and scores
 * @param inputs placeholders
 * @param layers in order; each reads inputs and layers before it
 * @param end what the graph is trained on, if anything
 */
record GraphSpec(long seed, List<Shape> inputs, List<Layer> layers, Optional<End> end) {
  /**
   * A dense layer and softmax cross entropy.
   *
   * @param value what the dense layer reads
   * @param pool true for a mean over space before it, false for a reshape
   * @param classes its width
   */
  record End(int value, boolean pool, int classes) {}

  GraphSpec {
    inputs = List.copyOf(inputs);
    layers = List.copyOf(layers);
  }

  /** Number of values: inputs and layers. */
  int values() {
    return inputs.size() + layers.size();
  }

  /** A layer is of this kind. */
  boolean has(String kind) {
    return layers.stream().anyMatch(l -> l.kind().equals(kind));
  }

  /** Channels of zeros stand beside others: a shuffle or a group norm ties them by their places. */
  boolean padsChannels() {
    List<Shape> shapes = shapes().orElseThrow();
    return layers.stream()
        .filter(l -> l.kind().equals("pad"))
        .anyMatch(l -> l.get("axis") == shapes.get(l.inputs().get(0)).axis());
  }

  /** The layer that computes a value. */
  Layer layer(int value) {
    return layers.get(value - inputs.size());
  }

  /** The shape of every value, or empty if some layer does not fit. */
  Optional<List<Shape>> shapes() {
    List<Shape> shapes = new ArrayList<>(inputs);
    for (Layer layer : layers) {
      Optional<Shape> shape = shapeOf(layer, shapes);
      if (shape.isEmpty()) {
        return Optional.empty();
      }
      shapes.add(shape.get());
    }
    boolean fits = end.isEmpty() || end.get().value() < shapes.size();
    return fits ? Optional.of(List.copyOf(shapes)) : Optional.empty();
  }

  /** The shape of a further layer. */
  Optional<Shape> shapeOf(Layer layer, List<Shape> shapes) {
    if (layer.inputs().stream().anyMatch(i -> i < 0 || i >= shapes.size())) {
      return Optional.empty();
    }
    LayerKind kind = LayerKinds.of(layer.kind());
    if ((end.isPresent() && !kind.trainable()) || !sharesRightly(layer, shapes)) {
      return Optional.empty();
    }
    return kind.shape(layer, layer.inputs().stream().map(shapes::get).toList());
  }

  /** Weights are shared between layers that differ in what they read alone. */
  private boolean sharesRightly(Layer layer, List<Shape> shapes) {
    if (!layer.params().containsKey(Layer.SHARE)) {
      return true;
    }
    int owner = layer.get(Layer.SHARE);
    if (owner < inputs.size() || owner >= shapes.size()) {
      return false;
    }
    Layer other = layer(owner);
    return other.kind().equals(layer.kind())
        && other.params().equals(layer.without(Layer.SHARE).params())
        && shapes.get(other.inputs().get(0)).channels()
            == shapes.get(layer.inputs().get(0)).channels();
  }

  boolean valid() {
    return shapes().isPresent();
  }

  /** Values that nothing reads. */
  List<Integer> leaves() {
    List<Integer> leaves = new ArrayList<>();
    for (int v = inputs.size(); v < values(); v++) {
      int value = v;
      if (layers.stream().noneMatch(l -> l.inputs().contains(value))
          && end.stream().noneMatch(e -> e.value() == value)) {
        leaves.add(v);
      }
    }
    return leaves;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("seed " + seed + "\n");
    inputs.forEach(shape -> text.append("input ").append(shape).append('\n'));
    for (int v = inputs.size(); v < values(); v++) {
      text.append(v).append(" = ").append(layer(v)).append('\n');
    }
    end.ifPresent(
        e ->
            text.append("loss ")
                .append(e.pool() ? "pool " : "flatten ")
                .append(e.value())
                .append(" classes ")
                .append(e.classes())
                .append('\n'));
    return text.toString();
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if it is none
   */
  static GraphSpec parse(String text) {
    long seed = 0;
    List<Shape> inputs = new ArrayList<>();
    List<Layer> layers = new ArrayList<>();
    Optional<End> end = Optional.empty();
    for (String line : (Iterable<String>) Stream.of(text.split("\n")).map(String::trim)::iterator) {
      String[] words = line.split(" ");
      if (line.isEmpty()) {
        continue;
      } else if (words[0].equals("seed")) {
        seed = Long.parseLong(words[1]);
      } else if (words[0].equals("input")) {
        inputs.add(Shape.parse(line.substring(6)));
      } else if (words[0].equals("loss")) {
        end =
            Optional.of(
                new End(
                    Integer.parseInt(words[2]),
                    words[1].equals("pool"),
                    Integer.parseInt(words[4])));
      } else {
        layers.add(Layer.parse(line.substring(line.indexOf('=') + 1)));
      }
    }
    return new GraphSpec(seed, inputs, layers, end);
  }
}
