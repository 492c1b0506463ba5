package org.samediff.pruning.channels;

/** What an array holds at the index of a cut channel, once the channel's unit is masked. */
enum Dead {
  /** Exactly 0 everywhere, in inference and in training. */
  ZERO,

  /**
   * One number per channel, the same at every other position, for every input, in inference and in
   * training: a shift, a sigmoid of zero. The consumer of such a channel can take it into its bias.
   */
  UNIFORM,

  /** Something that depends on the input, the position or the mode. */
  VARYING;

  /** What a sum, or any other elementwise combination, of two such values is. */
  Dead with(Dead other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** What becomes of it behind an elementwise function with f(0) != 0. */
  Dead moved() {
    return this == VARYING ? VARYING : UNIFORM;
  }

  /** What becomes of it behind an op that treats positions differently, and keeps zero. */
  Dead uneven() {
    return this == ZERO ? ZERO : VARYING;
  }
}
