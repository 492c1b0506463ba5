package org.samediff.pruning.channels;

/** One axis of a variable or constant. */
public record LeafAxis(String variable, int axis) implements Comparable<LeafAxis> {
  @Override
  public int compareTo(LeafAxis other) {
    int byName = variable.compareTo(other.variable);
    return byName != 0 ? byName : Integer.compare(axis, other.axis);
  }

  @Override
  public String toString() {
    return variable + "[" + axis + "]";
  }
}
