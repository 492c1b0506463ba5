package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Filters, parameters, multiply-accumulates (for one example) and, once measured, nanoseconds of
 * the graph as a function of the channels that are left. Convolutions and matrix products count as
 * MACs, their biases and batch norms as parameters only.
 *
 * <p>A parameter array of shape {@code d1 x d2 x ...} counts {@code d1 * d2 * ...} with each axis
 * as long as what is left of it, a convolution that many times its output positions. Immutable;
 * {@link #start} gives a counter for one thread.
 */
public final class CostModel {
  /** What is counted. */
  public enum Measure {
    /** Filters of layers, that is, channels that they make. */
    FILTERS,
    /** Numbers in trainable variables. */
    PARAMETERS,
    /** Multiply-accumulates of convolutions and matrix products, for one example. */
    MACS,
    /** Nanoseconds of one inference; zero unless {@link ChannelAnalysis#timed} has them. */
    LATENCY
  }

  /** coefficient * product of the axes' lengths. */
  private record Term(Measure measure, double coefficient, int[] lengths) {}

  /** How often channel c of a group occurs along an axis of a term. */
  private record Use(int term, int axis, int count) {}

  private final List<Term> terms = new ArrayList<>();
  private final Use[][][] uses;

  CostModel(int[] groupSizes) {
    uses = new Use[groupSizes.length][][];
    for (int g = 0; g < groupSizes.length; g++) {
      uses[g] = new Use[groupSizes[g]][0];
    }
  }

  /** The same costs, to which more can be added. */
  CostModel copy() {
    CostModel copy = new CostModel(Arrays.stream(uses).mapToInt(group -> group.length).toArray());
    copy.terms.addAll(terms);
    for (int g = 0; g < uses.length; g++) {
      for (int c = 0; c < uses[g].length; c++) {
        copy.uses[g][c] = uses[g][c].clone();
      }
    }
    return copy;
  }

  /**
   * Adds a term.
   *
   * @param owners for each axis, for each index, {group, channel}, or {-1, -1} if it is never cut
   */
  void add(Measure measure, double coefficient, int[][][] owners) {
    int t = terms.size();
    terms.add(
        new Term(
            measure, coefficient, Arrays.stream(owners).mapToInt(axis -> axis.length).toArray()));
    for (int axis = 0; axis < owners.length; axis++) {
      for (int[] owner : owners[axis]) {
        if (owner[0] >= 0) {
          count(owner[0], owner[1], t, axis);
        }
      }
    }
  }

  private void count(int group, int channel, int term, int axis) {
    Use[] old = uses[group][channel];
    for (int i = 0; i < old.length; i++) {
      if (old[i].term() == term && old[i].axis() == axis) {
        old[i] = new Use(term, axis, old[i].count() + 1);
        return;
      }
    }
    Use[] longer = Arrays.copyOf(old, old.length + 1);
    longer[old.length] = new Use(term, axis, 1);
    uses[group][channel] = longer;
  }

  /** The cost with every channel left. */
  public long total(Measure measure) {
    return start(measure).cost();
  }

  /** The cost with these channels left, {@code kept[group][channel]}. */
  public long cost(Measure measure, boolean[][] kept) {
    Counter counter = start(measure);
    for (int g = 0; g < kept.length; g++) {
      for (int c = 0; c < kept[g].length; c++) {
        if (!kept[g][c]) {
          counter.remove(g, c);
        }
      }
    }
    return counter.cost();
  }

  /** A counter that starts with every channel left. */
  public Counter start(Measure measure) {
    return new Counter(measure);
  }

  /** Counts down as channels are removed. Not thread safe. */
  public final class Counter {
    private final Measure measure;
    private final int[][] left;
    private double cost;

    private Counter(Measure measure) {
      this.measure = measure;
      left = new int[terms.size()][];
      for (int t = 0; t < left.length; t++) {
        if (terms.get(t).measure() == measure) {
          left[t] = terms.get(t).lengths().clone();
          cost += value(t);
        }
      }
    }

    private double value(int t) {
      double product = terms.get(t).coefficient();
      for (int n : left[t]) {
        product *= n;
      }
      return product;
    }

    /** Removes a channel that has not been removed yet. */
    public void remove(int group, int channel) {
      for (Use use : uses[group][channel]) {
        if (left[use.term()] != null) {
          cost -= value(use.term());
          left[use.term()][use.axis()] -= use.count();
          cost += value(use.term());
        }
      }
    }

    /** What is left: exact up to 2^53. */
    public long cost() {
      return Math.round(cost);
    }

    /** What is counted. */
    public Measure measure() {
      return measure;
    }
  }
}
