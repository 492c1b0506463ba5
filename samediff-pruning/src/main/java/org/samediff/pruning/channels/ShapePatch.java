package org.samediff.pruning.channels;

/** A place outside the arrays' own shapes that holds a channel count. */
public sealed interface ShapePatch {
  /** An integer argument of an op, e.g. the constant shape of a reshape. */
  record Argument(String op, int index) implements ShapePatch {}

  /** An element of an integer constant, e.g. a shape that is an op's second input. */
  record Element(String constant, int index) implements ShapePatch {}
}
