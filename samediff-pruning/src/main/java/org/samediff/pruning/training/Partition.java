package org.samediff.pruning.training;

import java.util.Arrays;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.CostModel;

/**
 * Splits the channels in two, by score and budget: the lowest scores over all layers are cut until
 * what is left fits, and no layer goes below its floor. Equal scores go round the layers in turn,
 * then by channel index. Reuses its buffers; not thread safe.
 */
public final class Partition {
  private final ChannelAnalysis analysis;
  private final CostModel.Measure measure;
  private final int[] floors;

  /** Channel at each position of the flattened groups. */
  private final int[] groupOf;

  private final int[] channelOf;

  /** Position of each rank among equal scores. */
  private final int[] byTieRank;

  private final long[] keys;
  private long cost;

  /**
   * For one graph.
   *
   * @param minKeptRatio share of a layer's channels that always stays, in (0, 1]
   * @param minFilters number of a layer's channels that always stays, at least 1
   */
  public Partition(
      ChannelAnalysis analysis, CostModel.Measure measure, double minKeptRatio, int minFilters) {
    this.analysis = analysis;
    this.measure = measure;
    floors =
        analysis.groups().stream()
            .mapToInt(g -> floor(g.size(), minKeptRatio, minFilters))
            .toArray();
    int n = analysis.channelCount();
    groupOf = new int[n];
    channelOf = new int[n];
    keys = new long[n];
    Integer[] order = new Integer[n];
    double[] place = new double[n];
    int i = 0;
    for (ChannelGroup g : analysis.groups()) {
      for (int c = 0; c < g.size(); c++, i++) {
        groupOf[i] = g.index();
        channelOf[i] = c;
        place[i] = (c + 1.0) / g.size();
        order[i] = i;
      }
    }
    Arrays.sort(order, (a, b) -> place[a] != place[b] ? Double.compare(place[a], place[b]) : a - b);
    byTieRank = Arrays.stream(order).mapToInt(Integer::intValue).toArray();
  }

  private static int floor(int size, double minKeptRatio, int minFilters) {
    int least = Math.max(minFilters, (int) Math.ceil(minKeptRatio * size - 1e-9));
    return Math.min(size, Math.max(1, least));
  }

  /** The least number of channels that stays in each group. */
  public int[] floors() {
    return floors.clone();
  }

  /**
   * The channels that stay, {@code [group][channel]}.
   *
   * @param scores for each group, for each channel: not negative and finite
   * @param ratio share of the whole network's cost to remove, in [0, 1)
   */
  public boolean[][] split(double[][] scores, double ratio) {
    boolean[][] kept = analysis.allKept();
    CostModel.Counter counter = analysis.cost().start(measure);
    long budget = (long) Math.floor((1 - ratio) * counter.cost() + 1e-9);
    if (counter.cost() > budget) {
      sortByScore(scores);
      int[] left = analysis.groups().stream().mapToInt(ChannelGroup::size).toArray();
      for (int r = 0; r < keys.length && counter.cost() > budget; r++) {
        int at = byTieRank[(int) keys[r]];
        int group = groupOf[at];
        if (left[group] > floors[group]) {
          kept[group][channelOf[at]] = false;
          counter.remove(group, channelOf[at]);
          left[group]--;
        }
      }
    }
    cost = counter.cost();
    return kept;
  }

  /** What the last split leaves, in the measure. */
  public long cost() {
    return cost;
  }

  /** The least that any split leaves: every group at its floor. */
  public long leastCost() {
    double[][] flat = new double[floors.length][];
    for (ChannelGroup g : analysis.groups()) {
      flat[g.index()] = new double[g.size()];
    }
    long before = cost;
    split(flat, Math.nextDown(1.0));
    long least = cost;
    cost = before;
    return least;
  }

  /** Sorts keys of (score as float bits, tie rank): one primitive sort, no objects. */
  private void sortByScore(double[][] scores) {
    for (int rank = 0; rank < keys.length; rank++) {
      int at = byTieRank[rank];
      int bits = Float.floatToIntBits((float) scores[groupOf[at]][channelOf[at]] + 0f);
      keys[rank] = ((long) bits << 32) | rank;
    }
    Arrays.sort(keys);
  }
}
