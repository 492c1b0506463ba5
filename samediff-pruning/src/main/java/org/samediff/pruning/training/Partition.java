package org.samediff.pruning.training;

import java.util.Arrays;
import java.util.Locale;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.CostModel;
import org.samediff.pruning.error.PruningException;

/**
 * Splits the channels in two, by score and budget. Every group first loses what its limits demand;
 * then the lowest channels go, in the order of the {@link Ranking}, until what is left fits the
 * budget or every group has lost the most it may. Equal scores go round the layers in turn, then by
 * channel index.
 *
 * <p>With rounding, the split is the smallest cut in that order whose rounded result fits; where
 * none does, the deepest.
 *
 * <p>Needs no training run: one split of one array of scores is as good. Reuses its buffers; not
 * thread safe.
 */
public final class Partition {
  private final ChannelAnalysis analysis;
  private final CostModel.Measure measure;
  private final CutLimits limits;

  /** Pool of each group, and the number of channels in each pool. */
  private final int[] poolOf;

  private final int[] poolSizes;

  /** Group and channel at each position of the flattened groups. */
  private final int[] groupOf;

  private final int[] channelOf;

  /** Position of each rank among equal scores. */
  private final int[] byTieRank;

  private final long[] keys;

  /** Positions from the lowest rank to the highest. */
  private final int[] order;

  /** Positions in the order in which they may be cut: what limits demand first. */
  private final int[] cuts;

  private int cutCount;
  private long cost;

  /** With global ranking and no limits but the floors of {@link CutLimits#floors}. */
  public Partition(
      ChannelAnalysis analysis, CostModel.Measure measure, double minKeptRatio, int minFilters) {
    this(
        analysis,
        measure,
        CutLimits.floors(analysis, minKeptRatio, minFilters),
        new int[analysis.groups().size()]);
  }

  /**
   * For one graph.
   *
   * @param measure what the budget counts
   * @param pools what {@link Ranking#pools} gives
   */
  public Partition(
      ChannelAnalysis analysis, CostModel.Measure measure, CutLimits limits, int[] pools) {
    this.analysis = analysis;
    this.measure = measure;
    this.limits = limits;
    poolOf = pools.clone();
    poolSizes = new int[Arrays.stream(poolOf).max().orElse(-1) + 1];
    int n = analysis.channelCount();
    groupOf = new int[n];
    channelOf = new int[n];
    keys = new long[n];
    order = new int[n];
    cuts = new int[n];
    Integer[] ties = new Integer[n];
    double[] place = new double[n];
    int i = 0;
    for (ChannelGroup g : analysis.groups()) {
      poolSizes[poolOf[g.index()]] += g.size();
      for (int c = 0; c < g.size(); c++, i++) {
        groupOf[i] = g.index();
        channelOf[i] = c;
        place[i] = (c + 1.0) / g.size();
        ties[i] = i;
      }
    }
    Arrays.sort(ties, (a, b) -> place[a] != place[b] ? Double.compare(place[a], place[b]) : a - b);
    byTieRank = Arrays.stream(ties).mapToInt(Integer::intValue).toArray();
    cost = analysis.cost().total(measure);
  }

  /** The least number of channels that stays in each group. */
  public int[] floors() {
    return limits.floors();
  }

  /** {@link #split(double[][], double, double)} at the end of the ramp. */
  public boolean[][] split(double[][] scores, double ratio) {
    return split(scores, ratio, 1);
  }

  /**
   * The channels that stay, {@code [group][channel]}.
   *
   * @param scores for each group, for each channel: not negative and finite
   * @param ratio share of the whole network's cost to remove, in [0, 1)
   * @param ramp share of what layer limits demand that is cut by now, in [0, 1]
   * @throws PruningException NON_FINITE if a score is no finite number from 0 up
   */
  public boolean[][] split(double[][] scores, double ratio, double ramp) {
    boolean[][] kept = analysis.allKept();
    CostModel.Counter counter = analysis.cost().start(measure);
    long budget = (long) Math.floor((1 - ratio) * counter.cost() + 1e-9);
    if (counter.cost() > budget || limits.forceCuts()) {
      sort(scores);
      int demanded = lineUp(ramp);
      if (limits.rounds()) {
        kept = rounded(depth(demanded, budget));
        cost = analysis.cost().cost(measure, kept);
        return kept;
      }
      for (int i = 0; i < cutCount && (i < demanded || counter.cost() > budget); i++) {
        int at = cuts[i];
        kept[groupOf[at]][channelOf[at]] = false;
        counter.remove(groupOf[at], channelOf[at]);
      }
    }
    cost = counter.cost();
    return kept;
  }

  /** What the last split leaves, in the measure; everything before the first. */
  public long cost() {
    return cost;
  }

  /** Goes on from a split that was made elsewhere. */
  void resume(boolean[][] kept) {
    cost = analysis.cost().cost(measure, kept);
  }

  /** The least that any split leaves: every group at its floor. */
  public long leastCost() {
    double[][] flat = new double[analysis.groups().size()][];
    for (ChannelGroup g : analysis.groups()) {
      flat[g.index()] = new double[g.size()];
    }
    long before = cost;
    split(flat, Math.nextDown(1.0));
    long least = cost;
    cost = before;
    return least;
  }

  /** Fills {@link #order} from keys of (score as float bits, tie rank): primitive sorts only. */
  private void sort(double[][] scores) {
    for (int rank = 0; rank < keys.length; rank++) {
      int at = byTieRank[rank];
      double score = scores[groupOf[at]][channelOf[at]];
      if (!(score >= 0 && score < Double.POSITIVE_INFINITY)) {
        throw badScore(at, score);
      }
      keys[rank] = key((float) score, rank);
    }
    Arrays.sort(keys);
    for (int i = 0; i < keys.length; i++) {
      order[i] = byTieRank[(int) keys[i]];
    }
    if (poolSizes.length > 1) {
      sortByShareOfPool();
    }
  }

  /** Once more, by rank within the pool as a share of the pool; ties by score. */
  private void sortByShareOfPool() {
    int[] byScore = cuts; // not in use yet
    System.arraycopy(order, 0, byScore, 0, order.length);
    int[] seen = new int[poolSizes.length];
    for (int i = 0; i < byScore.length; i++) {
      int pool = poolOf[groupOf[byScore[i]]];
      keys[i] = key((float) ++seen[pool] / poolSizes[pool], i);
    }
    Arrays.sort(keys);
    for (int i = 0; i < keys.length; i++) {
      order[i] = byScore[(int) keys[i]];
    }
  }

  private static long key(float notNegative, int low) {
    return ((long) Float.floatToIntBits(notNegative + 0f) << 32) | low;
  }

  /** Fills {@link #cuts}; returns how many of them, the first ones, the limits demand. */
  private int lineUp(double ramp) {
    int groups = analysis.groups().size();
    int[] least = new int[groups];
    int[] most = new int[groups];
    for (int g = 0; g < groups; g++) {
      least[g] = limits.least(g, ramp);
      most[g] = limits.most(g, ramp);
    }
    cutCount = 0;
    append(new int[groups], least);
    int demanded = cutCount;
    append(least, most);
    return demanded;
  }

  /** Appends each group's channels of rank {@code from} (inclusive) to {@code to} (exclusive). */
  private void append(int[] from, int[] to) {
    int[] seen = new int[from.length];
    for (int at : order) {
      int g = groupOf[at];
      int rank = seen[g]++;
      if (rank >= from[g] && rank < to[g]) {
        cuts[cutCount++] = at;
      }
    }
  }

  /** The smallest number of cuts whose rounded result fits the budget; all if none does. */
  private int depth(int demanded, long budget) {
    int low = demanded;
    int high = cutCount;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (analysis.cost().cost(measure, rounded(middle)) <= budget) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** What stays after so many cuts, each group rounded. */
  private boolean[][] rounded(int depth) {
    boolean[][] kept = analysis.allKept();
    int[] left = new int[kept.length];
    for (int g = 0; g < kept.length; g++) {
      left[g] = kept[g].length;
    }
    for (int i = 0; i < depth; i++) {
      left[groupOf[cuts[i]]]--;
    }
    int[] toCut = new int[kept.length];
    for (int g = 0; g < kept.length; g++) {
      toCut[g] = kept[g].length - limits.rounded(g, left[g]);
    }
    for (int at : order) {
      if (toCut[groupOf[at]] > 0) {
        toCut[groupOf[at]]--;
        kept[groupOf[at]][channelOf[at]] = false;
      }
    }
    return kept;
  }

  private PruningException badScore(int at, double score) {
    return new PruningException(
        PruningException.Code.NON_FINITE,
        String.format(
            Locale.ROOT,
            "channel %d of %s has score %s; scores are finite and not negative",
            channelOf[at],
            analysis.groups().get(groupOf[at]).name(),
            score));
  }
}
