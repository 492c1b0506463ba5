package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Shape of a value without its batch axis.
 *
 * @param dims one entry per axis behind the batch
 * @param last true if the channels lie on the last axis, false if they lie on the first one
 */
record Shape(List<Integer> dims, boolean last) {
  Shape {
    dims = List.copyOf(dims);
    if (dims.isEmpty() || dims.stream().anyMatch(d -> d < 1)) {
      throw new IllegalArgumentException("no shape: " + dims);
    }
  }

  /** A map of these channels and this space, in the given layout. */
  static Shape of(boolean last, int channels, List<Integer> space) {
    List<Integer> dims = new ArrayList<>(space);
    dims.add(last ? space.size() : 0, channels);
    return new Shape(dims, last);
  }

  /** A vector per example. */
  static Shape flat(int channels) {
    return new Shape(List.of(channels), false);
  }

  /** Rank in the graph, batch included. */
  int rank() {
    return dims.size() + 1;
  }

  /** The channels' axis in the graph, batch included. */
  int axis() {
    return last ? dims.size() : 1;
  }

  int channels() {
    return dims.get(axis() - 1);
  }

  List<Integer> space() {
    return last ? dims.subList(0, dims.size() - 1) : dims.subList(1, dims.size());
  }

  /** Spatial axes in the graph, batch included. */
  int[] spaceAxes() {
    int[] axes = new int[dims.size() - 1];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = last ? i + 1 : i + 2;
    }
    return axes;
  }

  int elements() {
    return dims.stream().reduce(1, (a, b) -> a * b);
  }

  /** Length of an axis of the graph, batch excluded. */
  int size(int axis) {
    return dims.get(axis - 1);
  }

  Shape withChannels(int channels) {
    return of(last, channels, space());
  }

  Shape withSpace(List<Integer> space) {
    return of(last, channels(), space);
  }

  /** The same with another length of one axis of the graph. */
  Shape with(int axis, int length) {
    List<Integer> changed = new ArrayList<>(dims);
    changed.set(axis - 1, length);
    return new Shape(changed, last);
  }

  /** {@code [batch, dims]}. */
  long[] withBatch(long batch) {
    long[] shape = new long[rank()];
    shape[0] = batch;
    for (int d = 1; d < shape.length; d++) {
      shape[d] = size(d);
    }
    return shape;
  }

  /** A vector shaped so that it broadcasts along the channels: {@code [C]} or {@code [C, 1, 1]}. */
  long[] vector() {
    long[] shape = new long[last ? 1 : dims.size()];
    Arrays.fill(shape, 1);
    shape[0] = channels();
    return shape;
  }

  @Override
  public String toString() {
    return dims.stream().map(String::valueOf).collect(Collectors.joining("x"))
        + (last ? " last" : " first");
  }

  static Shape parse(String text) {
    String[] parts = text.trim().split(" ");
    List<Integer> dims = new ArrayList<>();
    for (String d : parts[0].split("x")) {
      dims.add(Integer.valueOf(d));
    }
    return new Shape(dims, parts[1].equals("last"));
  }
}
