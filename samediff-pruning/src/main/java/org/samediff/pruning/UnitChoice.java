package org.samediff.pruning;

import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.compaction.UnitMask;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.importance.UnitNorms;

/** Chooses channels without data, the lowest of each group, and sets their parameters to zero. */
final class UnitChoice {
  private UnitChoice() {}

  /**
   * The channels that stay, {@code [group][channel]}: of each group the share {@code ratio} is cut,
   * rounded, but at least one channel if the ratio is above zero, and one always stays.
   */
  static boolean[][] kept(SameDiff sd, ChannelAnalysis analysis, PruningCheck.Options options) {
    boolean[][] kept = analysis.allKept();
    Random random = new Random(options.seed());
    double[][] norms =
        options.score() == PruningCheck.Score.L2 ? UnitNorms.l2(sd, analysis) : new double[0][];
    for (ChannelGroup group : analysis.groups()) {
      double[] scores =
          switch (options.score()) {
            case L2 -> norms[group.index()];
            case RANDOM -> random.doubles(group.size()).toArray();
          };
      int cut = (int) Math.round(options.ratio() * group.size());
      cut = Math.min(group.size() - 1, options.ratio() > 0 ? Math.max(1, cut) : 0);
      IntStream.range(0, group.size())
          .boxed()
          .sorted(Comparator.comparingDouble(c -> scores[c]))
          .limit(cut)
          .forEach(c -> kept[group.index()][c] = false);
    }
    return kept;
  }

  /** A copy of the graph in which the parameters of every channel that does not stay are zero. */
  static SameDiff masked(SameDiff sd, ChannelAnalysis analysis, boolean[][] kept) {
    SameDiff copy = GraphCopy.from(sd).withoutUpdaterState().build();
    UnitMask.zero(copy, analysis, kept);
    return copy;
  }
}
