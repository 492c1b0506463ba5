package org.samediff.pruning;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.compaction.UnitMask;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * Carries a plan out on a graph that has not been pruned. Works on a copy: zeroes the plan's units,
 * cuts them, and compares the two.
 */
final class Replay {
  private final PruningPlan plan;
  private final SameDiff copy;
  private final Map<String, INDArray> inputs;
  private final ChannelAnalysis analysis;
  private final List<ScoreSite> sites;

  Replay(PruningPlan plan, SameDiff sd, Map<String, INDArray> inputs) {
    this.plan = plan;
    requireSameText(plan.source().text(), lines(sd));
    copy = GraphCopy.of(sd);
    this.inputs = inputs;
    GraphView view = GraphView.of(copy);
    Map<String, long[]> shapes = Probe.shapes(copy, inputs);
    analysis =
        ChannelAnalysis.of(
            view,
            shapes,
            PruningTransform.batch(inputs),
            plan.source().outputs(),
            plan.source().scope());
    requireSameGroups();
    sites = ScoreSite.of(view, shapes, analysis);
  }

  /** The lines of a graph's text form. */
  static List<String> lines(SameDiff sd) {
    return GraphText.of(sd).lines().toList();
  }

  CompactedGraph compact() {
    boolean[][] kept = plan.kept();
    UnitMask.zero(copy, analysis, kept);
    Compactor.Result result =
        Compactor.compact(copy, analysis, kept, inputs, plan.source().outputs());
    PruningReport report =
        PruningReport.of(plan.criterion(), analysis, kept, result, 0, 0, 0, Optional.empty());
    return new CompactedGraph(result.graph(), report, plan, analysis, sites, kept, facts());
  }

  private Map<String, String> facts() {
    return Map.of("sourceDigest", plan.source().digest(), "criterion", plan.criterion());
  }

  private static void requireSameText(List<String> planned, List<String> found) {
    for (int i = 0; i < Math.max(planned.size(), found.size()); i++) {
      String p = i < planned.size() ? planned.get(i) : "";
      String f = i < found.size() ? found.get(i) : "";
      if (!p.equals(f)) {
        throw mismatch("line " + (i + 1) + " of its text form", quoted(p), quoted(f));
      }
    }
  }

  private static String quoted(String line) {
    return line.isEmpty() ? "nothing" : "\"" + line + "\"";
  }

  private void requireSameGroups() {
    List<PruningPlan.Group> planned = plan.groups();
    List<ChannelGroup> found = analysis.groups();
    for (int g = 0; g < Math.max(planned.size(), found.size()); g++) {
      String p =
          g < planned.size() ? text(planned.get(g).layers(), planned.get(g).channels()) : "nothing";
      String f = g < found.size() ? text(found.get(g).members(), found.get(g).size()) : "nothing";
      if (!p.equals(f)) {
        throw mismatch("group " + (g + 1), p, f);
      }
    }
  }

  private static String text(List<String> layers, int channels) {
    return channels + " channels of " + layers;
  }

  private static PruningException mismatch(String where, String planned, String found) {
    return new PruningException(
        Code.PLAN_MISMATCH,
        "the plan was made for another graph: "
            + where
            + " is "
            + planned
            + " in the plan and "
            + found
            + " in the graph. Replay it on a copy of the graph that was pruned, or prune this one");
  }
}
