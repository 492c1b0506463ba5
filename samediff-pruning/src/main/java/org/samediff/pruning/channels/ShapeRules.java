package org.samediff.pruning.channels;

import java.util.Set;

/**
 * Shapes as values. Whoever reads a shape reads how many channels there are; numbers that are drawn
 * in an array's shape (dropout) follow it instead, and have its channels.
 */
final class ShapeRules {
  /** Take a shape, and fill it with random numbers. */
  static final Set<String> DRAWS =
      Set.of("random_bernoulli", "randomuniform", "randomnormal", "random_exponential");

  private static final String SHAPE_OF = "shape_of";

  private ShapeRules() {}

  static void shapeOf(RuleContext op) {
    if (!op.isReadOnlyBy(DRAWS)) {
      op.pinAll(op.raw(0), "reads how many channels there are");
    }
    op.out(0, AxisMap.untracked(1));
  }

  static void draw(RuleContext op) {
    AxisMap drawn =
        op.producer(0)
            .filter(shape -> shape.type().equals(SHAPE_OF))
            .map(shape -> op.map(shape.input(0)).settled().computed(Dead.VARYING))
            .orElseGet(() -> AxisMap.untracked(op.outShape(0).length));
    op.out(0, drawn);
  }
}
