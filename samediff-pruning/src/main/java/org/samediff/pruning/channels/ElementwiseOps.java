package org.samediff.pruning.channels;

import java.util.Set;

/** Elementwise ops of one array, by what they do to zero; the {@link Activations} apart. */
final class ElementwiseOps {
  /** f(0) = 0. */
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
          "atanh",
          "erf",
          "expm1",
          "log1p",
          "floor",
          "ceil",
          "round",
          "rint",
          "identity",
          "stop_gradient",
          "cast",
          "thresholdedrelu",
          "timesoneminus",
          "zeroslike");

  /** f(0) is another number. */
  static final Set<String> ZERO_MOVING =
      Set.of(
          "sigmoid",
          "hard_sigmoid",
          "softplus",
          "exp",
          "cos",
          "cosh",
          "logsigmoid",
          "acos",
          "erfc",
          "oneminus",
          "ones_as");

  /** f(0) is no number. */
  static final Set<String> UNDEFINED_AT_ZERO =
      Set.of("rsqrt", "Reciprocal", "log", "log_x", "acosh");

  /** What they do to a value that is not zero is drawn at random. */
  static final Set<String> RANDOM = Set.of("dropout");

  private ElementwiseOps() {}
}
