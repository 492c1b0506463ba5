package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Makes a failing spec smaller as long as it keeps failing: drops layers, inputs and the loss, and
 * reduces sizes. Greedy: the result cannot be reduced by any single step.
 */
final class Shrinker {
  private final Predicate<GraphSpec> fails;
  private final int mostTries;
  private int tries;

  private Shrinker(Predicate<GraphSpec> fails, int mostTries) {
    this.fails = fails;
    this.mostTries = mostTries;
  }

  /**
   * The smallest spec found.
   *
   * @param spec one that fails
   * @param fails whether a smaller one fails in the same way
   * @param mostTries how many specs are tried
   */
  static GraphSpec shrink(GraphSpec spec, Predicate<GraphSpec> fails, int mostTries) {
    Shrinker shrinker = new Shrinker(fails, mostTries);
    GraphSpec smallest = spec;
    Optional<GraphSpec> next = shrinker.smaller(smallest);
    while (next.isPresent()) {
      smallest = next.get();
      next = shrinker.smaller(smallest);
    }
    return smallest;
  }

  private Optional<GraphSpec> smaller(GraphSpec spec) {
    for (GraphSpec candidate : candidates(spec)) {
      if (tries >= mostTries) {
        return Optional.empty();
      }
      tries++;
      if (fails.test(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /** Valid specs that are smaller by one step, the largest steps first. */
  static List<GraphSpec> candidates(GraphSpec spec) {
    List<GraphSpec> candidates = new ArrayList<>();
    withoutEnd(spec).forEach(candidates::add);
    for (int v = spec.values() - 1; v >= spec.inputs().size(); v--) {
      withoutLayer(spec, v, candidates);
    }
    for (int i = 0; i < spec.inputs().size(); i++) {
      Edits.withoutInput(spec, i).ifPresent(candidates::add);
      smallerInput(spec, i, candidates);
    }
    for (int v = spec.inputs().size(); v < spec.values(); v++) {
      smallerLayer(spec, v, candidates);
    }
    return candidates;
  }

  private static List<GraphSpec> withoutEnd(GraphSpec spec) {
    if (spec.end().isEmpty()) {
      return List.of();
    }
    GraphSpec.End end = spec.end().get();
    List<GraphSpec> specs = new ArrayList<>(List.of(Edits.withEnd(spec, Optional.empty())));
    for (int v = 0; v < end.value(); v++) {
      specs.add(Edits.withEnd(spec, Optional.of(new GraphSpec.End(v, end.pool(), end.classes()))));
    }
    if (end.classes() > 2) {
      specs.add(Edits.withEnd(spec, Optional.of(new GraphSpec.End(end.value(), end.pool(), 2))));
    }
    return specs.stream().filter(GraphSpec::valid).toList();
  }

  /** Its readers read what it read, or another earlier value that fits. */
  private static void withoutLayer(GraphSpec spec, int value, List<GraphSpec> candidates) {
    if (spec.leaves().contains(value)) {
      Edits.withoutValue(spec, value, -1).ifPresent(candidates::add);
      return;
    }
    List<Integer> order = new ArrayList<>(spec.layer(value).inputs());
    IntStream.range(0, value).filter(v -> !order.contains(v)).forEach(order::add);
    order.forEach(v -> Edits.withoutValue(spec, value, v).ifPresent(candidates::add));
  }

  private static void smallerInput(GraphSpec spec, int input, List<GraphSpec> candidates) {
    Shape shape = spec.inputs().get(input);
    for (int axis = 1; axis < shape.rank(); axis++) {
      for (int length : smallerNumbers(shape.size(axis))) {
        if (length > 0) {
          Edits.withInput(spec, input, shape.with(axis, length)).ifPresent(candidates::add);
        }
      }
    }
  }

  private static void smallerLayer(GraphSpec spec, int value, List<GraphSpec> candidates) {
    Layer layer = spec.layer(value);
    if (layer.params().containsKey(Layer.SHARE)) {
      Edits.withLayer(spec, value, layer.without(Layer.SHARE)).ifPresent(candidates::add);
      return;
    }
    layer
        .params()
        .forEach(
            (param, number) -> {
              for (int less : smallerNumbers(number)) {
                Edits.withLayer(spec, value, layer.with(param, less)).ifPresent(candidates::add);
              }
            });
  }

  /** 0, 1, half and one less, as far as they are less. */
  private static List<Integer> smallerNumbers(int number) {
    return IntStream.of(0, 1, number / 2, number - 1)
        .filter(n -> 0 <= n && n < number)
        .distinct()
        .boxed()
        .toList();
  }
}
