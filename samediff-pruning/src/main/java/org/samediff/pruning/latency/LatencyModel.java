package org.samediff.pruning.latency;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.OpWork;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.OpClock;

/**
 * What each op of a graph takes on this machine, as a function of widths: the graph is cut to
 * several widths, whatever its weights, the cuts are run in turns with a clock in each, and for
 * every op {@code fixed + perElement * elements + perProduct * products} is fitted to what the
 * clocks saw. In turns, because the JVM compiles SameDiff while it runs: of two equal graphs the
 * second would be faster.
 */
final class LatencyModel {
  /** What stays of groups of even and of odd number. */
  private static final double[][] WIDTHS = {
    {1, 1}, {0.75, 0.75}, {0.5, 0.5}, {0.25, 0.25}, {1, 0.4}, {0.4, 1}
  };

  private static final Duration WARM_UP = Duration.ofSeconds(3);
  private static final Duration BUDGET = Duration.ofSeconds(8);
  private static final int LEAST_ROUNDS = 5;
  private static final int MOST_ROUNDS = 200;

  private LatencyModel() {}

  /**
   * Measures; the graph is only read.
   *
   * @param inputs arrays for the placeholders that the outputs need
   * @param outputs what an inference computes
   * @param multiple what the number of channels that stay will be a multiple of; 1 for any number
   * @return by the name of the op; ops that the outputs do not need are left out
   */
  static Map<String, OpWork.Time> measure(
      SameDiff sd,
      ChannelAnalysis analysis,
      Map<String, INDArray> inputs,
      List<String> outputs,
      int multiple) {
    List<boolean[][]> cuts = new ArrayList<>();
    List<SameDiff> graphs = new ArrayList<>();
    for (double[] width : WIDTHS) {
      boolean[][] kept = analysis.allKept();
      for (ChannelGroup g : analysis.groups()) {
        int stays = stays(g.size(), width[g.index() % 2], multiple);
        Arrays.fill(kept[g.index()], stays, g.size(), false);
      }
      cuts.add(kept);
      graphs.add(Compactor.shape(sd, analysis, kept));
    }
    List<OpClock> clocks = clock(graphs, inputs, outputs);
    graphs.forEach(GraphCopy::free);
    List<Map<String, Double>> times = clocks.stream().map(OpClock::nanoseconds).toList();
    double ops = times.get(0).size();
    double each = clocks.stream().mapToDouble(OpClock::unaccounted).average().orElse(0) / ops;
    Map<String, OpWork.Time> result = new LinkedHashMap<>();
    for (OpWork work : analysis.work()) {
      if (times.get(0).containsKey(work.op())) {
        result.put(work.op(), fit(work, cuts, times, each));
      }
    }
    return result;
  }

  private static List<OpClock> clock(
      List<SameDiff> graphs, Map<String, INDArray> inputs, List<String> outputs) {
    List<OpClock> clocks = graphs.stream().map(OpClock::new).toList();
    rounds(clocks, inputs, outputs, 1, WARM_UP);
    clocks.forEach(OpClock::reset);
    rounds(clocks, inputs, outputs, LEAST_ROUNDS, BUDGET);
    clocks.forEach(OpClock::free);
    return clocks;
  }

  /** At least so many, and then until the time is over. */
  private static void rounds(
      List<OpClock> clocks,
      Map<String, INDArray> inputs,
      List<String> outputs,
      int least,
      Duration budget) {
    long end = System.nanoTime() + budget.toNanos();
    for (int round = 0; round < MOST_ROUNDS; round++) {
      if (round >= least && System.nanoTime() > end) {
        break;
      }
      clocks.forEach(clock -> clock.run(inputs, outputs));
    }
  }

  /**
   * Kernels are fastest at multiples of 8 and 16, which a cut without rounding seldom hits: odd
   * numbers then.
   */
  private static int stays(int size, double share, int multiple) {
    int wanted = (int) Math.round(share * size);
    if (wanted == size) {
      return size;
    }
    int fit = multiple == 1 ? wanted - 1 | 1 : wanted / multiple * multiple;
    return Math.max(1, Math.min(size, fit));
  }

  /**
   * @param each an op's share of what a run takes beside its ops, whatever their widths
   */
  private static OpWork.Time fit(
      OpWork work, List<boolean[][]> cuts, List<Map<String, Double>> times, double each) {
    double[][] features = new double[cuts.size()][];
    double[] values = new double[cuts.size()];
    for (int i = 0; i < values.length; i++) {
      boolean[][] kept = cuts.get(i);
      features[i] = new double[] {1, work.elements(kept), work.products(kept)};
      values[i] = Math.max(1, times.get(i).get(work.op()));
    }
    double[] time = LinearFit.fit(features, values);
    return new OpWork.Time(time[0] + each, time[1], time[2]);
  }
}
