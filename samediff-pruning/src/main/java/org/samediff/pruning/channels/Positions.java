package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;

/**
 * Where the classes of tied atoms that may be cut lie in the graph's arrays. A class is named by
 * its root atom. Everything is kept in plain integers: a flattened map has tens of thousands of
 * indices.
 */
final class Positions {
  /** The axes that one class lies on, in leaf order, and its indices along each. */
  private static final class Place {
    private int[] axes = new int[8];
    private int[][] indices = new int[8][];
    private int[] lengths = new int[8];
    private int count;

    void add(int axis, int index) {
      if (count == 0 || axes[count - 1] != axis) {
        if (count == axes.length) {
          axes = Arrays.copyOf(axes, 2 * count);
          indices = Arrays.copyOf(indices, 2 * count);
          lengths = Arrays.copyOf(lengths, 2 * count);
        }
        axes[count] = axis;
        indices[count++] = new int[1];
      }
      int at = count - 1;
      if (lengths[at] == indices[at].length) {
        indices[at] = Arrays.copyOf(indices[at], 2 * lengths[at]);
      }
      indices[at][lengths[at]++] = index;
    }
  }

  private final List<LeafAxis> axes = new ArrayList<>();
  private final Place[] places;

  /**
   * Reads the graph's arrays.
   *
   * @param leaves the map of each variable and constant
   * @param candidates roots of the classes to look for
   */
  Positions(ChannelSpace space, SortedMap<String, AxisMap> leaves, boolean[] candidates) {
    places = new Place[space.size()];
    leaves.forEach(
        (name, map) -> {
          for (int d = 0; d < map.rank(); d++) {
            int axis = axes.size();
            axes.add(new LeafAxis(name, d));
            int[] atoms = map.axes()[d];
            for (int i = 0; i < atoms.length; i++) {
              int root = space.find(atoms[i]);
              if (candidates[root]) {
                if (places[root] == null) {
                  places[root] = new Place();
                }
                places[root].add(axis, i);
              }
            }
          }
        });
  }

  /** True if the class lies anywhere. */
  boolean has(int root) {
    return places[root] != null;
  }

  /** Equal for classes that lie on the same axes. */
  List<Integer> signature(int root) {
    Place place = places[root];
    return Arrays.stream(place.axes, 0, place.count).boxed().toList();
  }

  /** The axes of a signature. */
  List<LeafAxis> axes(List<Integer> signature) {
    return signature.stream().map(axes::get).toList();
  }

  /** The indices of a class along the axis at this position of its signature. */
  int[] indices(int root, int position) {
    Place place = places[root];
    return Arrays.copyOf(place.indices[position], place.lengths[position]);
  }
}
