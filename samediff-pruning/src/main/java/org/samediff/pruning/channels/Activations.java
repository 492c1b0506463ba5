package org.samediff.pruning.channels;

import java.util.Set;

/** ND4J's names of the activation functions with f(0) = 0. */
public final class Activations {
  /** The names. */
  public static final Set<String> ZERO_PRESERVING =
      Set.of(
          "relu",
          "relu6",
          "leakyrelu",
          "elu",
          "selu",
          "gelu",
          "precise_gelu",
          "swish",
          "mish",
          "tanh",
          "hardtanh",
          "softsign",
          "rectified_tanh",
          "rational_tanh");

  private Activations() {}
}
