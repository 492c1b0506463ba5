package org.samediff.pruning.channels;

/** A place outside the arrays' own shapes that depends on how many channels there are. */
public sealed interface ShapePatch {
  /**
   * An integer argument of an op that holds a channel count, e.g. the constant shape of a reshape.
   */
  record Argument(String op, int index) implements ShapePatch {}

  /**
   * An element, in c order, of an integer constant that holds a channel count, e.g. a shape that is
   * an op's second input.
   */
  record Element(String constant, int index) implements ShapePatch {}

  /** An integer constant whose elements are channel indices, e.g. what a gather picks. */
  record Indices(String constant) implements ShapePatch {}
}
