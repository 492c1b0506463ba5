package org.samediff.pruning;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;
import org.samediff.pruning.graph.GraphCopy;

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
    for (ChannelGroup group : analysis.groups()) {
      double[] scores =
          switch (options.score()) {
            case L2 -> norms(sd, group);
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

  /** Euclidean norm of each channel's filters, over all members. */
  private static double[] norms(SameDiff sd, ChannelGroup group) {
    double[] squares = new double[group.size()];
    for (Map.Entry<LeafAxis, int[][]> e : group.masked().entrySet()) {
      INDArray parameter = sd.getVariable(e.getKey().variable()).getArr();
      if (parameter.rank() < 2) {
        continue; // biases, gammas and betas
      }
      int axis = e.getKey().axis();
      int[] others = IntStream.range(0, parameter.rank()).filter(d -> d != axis).toArray();
      double[] values = parameter.norm2(others).dup('c').data().asDouble();
      for (int c = 0; c < squares.length; c++) {
        for (int i : e.getValue()[c]) {
          squares[c] += values[i] * values[i];
        }
      }
    }
    return squares;
  }

  /** A copy of the graph in which the parameters of every channel that does not stay are zero. */
  static SameDiff masked(SameDiff sd, ChannelAnalysis analysis, boolean[][] kept) {
    SameDiff copy = GraphCopy.from(sd).withoutUpdaterState().build();
    for (ChannelGroup group : analysis.groups()) {
      group.masked().forEach((leaf, indices) -> zero(copy, leaf, indices, kept[group.index()]));
    }
    return copy;
  }

  private static void zero(SameDiff sd, LeafAxis leaf, int[][] indices, boolean[] kept) {
    INDArray array = sd.getVariable(leaf.variable()).getArr();
    double[] factors = new double[(int) array.size(leaf.axis())];
    Arrays.fill(factors, 1);
    for (int c = 0; c < kept.length; c++) {
      if (!kept[c]) {
        Arrays.stream(indices[c]).forEach(i -> factors[i] = 0);
      }
    }
    INDArray vector = Nd4j.createFromArray(factors).castTo(array.dataType());
    if (array.rank() == 1) {
      array.muli(vector);
    } else {
      Nd4j.getExecutioner().exec(new BroadcastMulOp(array, vector, array, leaf.axis()));
    }
  }
}
