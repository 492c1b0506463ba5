package org.samediff.pruning.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.graph.GraphView;

/**
 * Which channels compete with each other. Channels are ranked by score within pools of groups, and
 * cut in the order of their rank as a share of the pool, so that every pool loses about the same
 * share; floors and layer limits hold under each of them.
 */
public enum Ranking {
  /** One pool: the lowest scores of the whole network go first. */
  GLOBAL,
  /** Each group is a pool: every group loses the same share. */
  LOCAL,
  /**
   * Groups that look alike (as many members, whose ops and stored arrays have the same types and
   * shapes) are a pool: scores are compared only where they mean the same.
   */
  PER_TOPOLOGY;

  /**
   * The pool of each group, numbered from 0.
   *
   * @param view the graph that was analysed, without masks
   */
  public int[] pools(GraphView view, ChannelAnalysis analysis) {
    Map<List<String>, Integer> poolOf = new HashMap<>();
    int[] pools = new int[analysis.groups().size()];
    for (ChannelGroup g : analysis.groups()) {
      List<String> key =
          switch (this) {
            case GLOBAL -> List.of();
            case LOCAL -> List.of(String.valueOf(g.index()));
            case PER_TOPOLOGY -> topology(view, g);
          };
      pools[g.index()] = poolOf.computeIfAbsent(key, k -> poolOf.size());
    }
    return pools;
  }

  private static List<String> topology(GraphView view, ChannelGroup group) {
    List<String> members = new ArrayList<>();
    for (String member : group.members()) {
      GraphView.Op op = view.producer(member).orElseThrow();
      StringBuilder text = new StringBuilder(op.type());
      op.inputs().stream()
          .map(view::variable)
          .filter(GraphView.Var::stored)
          .forEach(v -> text.append(' ').append(Arrays.toString(v.shape())));
      members.add(text.toString());
    }
    Collections.sort(members);
    return members;
  }
}
