package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.samediff.pruning.graph.GraphView;

/**
 * Which channels of a graph can be cut, and what goes with each. The result of reading the graph
 * once; immutable.
 *
 * @param groups what can be cut, in topological order of the first member
 * @param kept layers that have filters no group holds, with the reason
 * @param patches places outside the arrays' shapes that hold a channel count, with the group and
 *     channel of every index, as (group, channel) pairs; (-1, -1) for one that is never cut
 * @param cost parameters and multiply-accumulates as functions of what is left
 * @param sites where each layer, by the name of its output, keeps its filters
 * @param folds ops that take the constants of cut channels into their biases
 * @param inexact cuts that change the graph's outputs; empty unless they were allowed
 * @param work how much each op that was reached has to do, in topological order
 */
public record ChannelAnalysis(
    List<ChannelGroup> groups,
    SortedMap<String, String> kept,
    Map<ShapePatch, int[][]> patches,
    CostModel cost,
    Map<String, FilterSite> sites,
    List<Fold> folds,
    List<InexactCut> inexact,
    List<OpWork> work) {
  /**
   * Reads a graph; every filter that can be cut exactly may be.
   *
   * @param view the graph, without masks or scores of this library or with them
   * @param shapes the shape of every variable, from a run with {@code batch} examples
   * @param outputs variables whose channels must stay, besides the loss and whatever no op reads
   */
  public static ChannelAnalysis of(
      GraphView view, Map<String, long[]> shapes, long batch, Iterable<String> outputs) {
    return of(view, shapes, batch, outputs, CutScope.FILTERS);
  }

  /**
   * Reads a graph.
   *
   * @param scope what may be cut; the other parameters as above
   */
  public static ChannelAnalysis of(
      GraphView view,
      Map<String, long[]> shapes,
      long batch,
      Iterable<String> outputs,
      CutScope scope) {
    return new ChannelAnalyzer(view, shapes, batch, scope).analyze(outputs);
  }

  /** Why cutting all but these channels changes the outputs; empty if it does not. */
  public List<String> inexactReasons(boolean[][] kept) {
    return inexact.stream()
        .filter(c -> c.touches(kept))
        .map(InexactCut::reason)
        .distinct()
        .toList();
  }

  /**
   * The same analysis, whose cost counts {@link CostModel.Measure#LATENCY} as well.
   *
   * @param times by the name of the op; the others take none
   */
  public ChannelAnalysis timed(Map<String, OpWork.Time> times) {
    CostModel timed = cost.copy();
    for (OpWork w : work) {
      OpWork.Time time = times.get(w.op());
      if (time != null) {
        timed.add(CostModel.Measure.LATENCY, time.fixed(), new int[0][][]);
        timed.add(CostModel.Measure.LATENCY, time.perElement(), w.elements());
        w.products()
            .forEach(
                p ->
                    timed.add(
                        CostModel.Measure.LATENCY, time.perProduct() * p.uses(), p.weights()));
      }
    }
    return new ChannelAnalysis(groups, kept, patches, timed, sites, folds, inexact, work);
  }

  /** Total number of channels over all groups. */
  public int channelCount() {
    return groups.stream().mapToInt(ChannelGroup::size).sum();
  }

  /** A mask with every channel kept: {@code [group][channel]}. */
  public boolean[][] allKept() {
    boolean[][] kept = new boolean[groups.size()][];
    for (ChannelGroup g : groups) {
      kept[g.index()] = new boolean[g.size()];
      Arrays.fill(kept[g.index()], true);
    }
    return kept;
  }
}
