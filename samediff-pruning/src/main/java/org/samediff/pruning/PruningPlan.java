package org.samediff.pruning;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;

/**
 * What was cut, group by group, in topological order.
 *
 * @param groups every group of the graph, also those that kept everything
 */
public record PruningPlan(List<Group> groups) {
  /**
   * One group.
   *
   * @param layers the convolutions whose filters these are
   * @param channels number of channels before the cut
   * @param cut indices of the channels that were removed, ascending
   */
  public record Group(List<String> layers, int channels, List<Integer> cut) {}

  static PruningPlan of(ChannelAnalysis analysis, boolean[][] kept) {
    List<Group> groups = new ArrayList<>();
    for (ChannelGroup g : analysis.groups()) {
      List<Integer> cut = new ArrayList<>();
      for (int c = 0; c < g.size(); c++) {
        if (!kept[g.index()][c]) {
          cut.add(c);
        }
      }
      groups.add(new Group(g.members(), g.size(), List.copyOf(cut)));
    }
    return new PruningPlan(List.copyOf(groups));
  }

  /** One line per group: layers, channels kept of before, indices cut. */
  @Override
  public String toString() {
    return groups.stream()
        .map(
            g ->
                String.format(
                    "%s: %d of %d, cut %s",
                    String.join(" + ", g.layers()),
                    g.channels() - g.cut().size(),
                    g.channels(),
                    g.cut()))
        .collect(Collectors.joining("\n", "", "\n"));
  }
}
