package org.samediff.pruning.it.random;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * What a layer of one name is.
 *
 * @param name as in {@link Layer#kind()}
 * @param inputs how many values it reads
 * @param weight how often the generator takes it
 * @param trainable false if ND4J 1.0.0-M2.1 throws when it differentiates it: such a layer is put
 *     into graphs without loss only
 * @param propose parameters for inputs of these shapes; may be unfit, {@code infer} decides
 * @param infer the output's shape, empty if the layer does not fit
 * @param build adds the ops
 */
record LayerKind(
    String name,
    int inputs,
    int weight,
    boolean trainable,
    Proposal propose,
    Inference infer,
    Construction build) {
  interface Proposal {
    Map<String, Integer> propose(Random random, List<Shape> in);
  }

  interface Inference {
    Optional<Shape> infer(Layer layer, List<Shape> in);
  }

  interface Construction {
    SDVariable build(Site site);
  }

  static LayerKind of(
      String name, int weight, Proposal propose, Inference infer, Construction build) {
    return new LayerKind(name, 1, weight, true, propose, infer, build);
  }

  /** A kind without parameters that leaves the shape as it is. */
  static LayerKind same(String name, int weight, Construction build) {
    return of(name, weight, (r, in) -> Map.of(), (l, in) -> Optional.of(in.get(0)), build);
  }

  LayerKind untrainable() {
    return new LayerKind(name, inputs, weight, false, propose, infer, build);
  }

  LayerKind reading(int values) {
    return new LayerKind(name, values, weight, trainable, propose, infer, build);
  }

  /** The shape, unless the layer does not fit or its output is out of the suite's bounds. */
  Optional<Shape> shape(Layer layer, List<Shape> in) {
    if (in.size() != inputs) {
      return Optional.empty();
    }
    try {
      return infer.infer(layer, in).filter(LayerKind::bounded);
    } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
      // the shrinker tries parameters that nobody would propose, such as 0 groups or filters
      return Optional.empty();
    }
  }

  private static boolean bounded(Shape shape) {
    return shape.elements() <= 1000
        && (shape.rank() < 4 || shape.space().stream().allMatch(d -> d <= 12));
  }
}
