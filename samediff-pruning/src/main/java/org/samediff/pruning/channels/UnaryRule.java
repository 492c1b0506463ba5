package org.samediff.pruning.channels;

import java.util.Set;

/** Elementwise ops of one array, by what they do to zero. */
final class UnaryRule {
  /** f(0) = 0, the {@link Activations} apart. */
  static final Set<String> ZERO_PRESERVING =
      Set.of(
          "cube",
          "square",
          "abs",
          "neg",
          "sqrt",
          "sign",
          "sin",
          "tan",
          "asin",
          "atan",
          "sinh",
          "asinh",
          "erf",
          "expm1",
          "log1p",
          "floor",
          "ceil",
          "round",
          "identity",
          "stop_gradient",
          "cast");

  /** f(0) is something else, or nothing at all. */
  static final Set<String> ZERO_MOVING =
      Set.of(
          "sigmoid",
          "hard_sigmoid",
          "softplus",
          "exp",
          "cos",
          "cosh",
          "logsigmoid",
          "rsqrt",
          "reciprocal",
          "log",
          "acos");

  private UnaryRule() {}
}
