package org.samediff.pruning;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.training.CutLimits;
import org.samediff.pruning.training.LayerLimit;

/**
 * The options that name layers, looked up in one graph.
 *
 * @param scope what may be cut
 * @param limits for each limit that was set, the layers it names
 */
record LayerControls(CutScope scope, Map<LayerLimit, Set<String>> limits) {
  private static final Set<String> PRODUCTS = Set.of("matmul", "xw_plus_b");

  /**
   * Looks the patterns up.
   *
   * @throws PruningException UNKNOWN_LAYER for one that matches nothing; NOTHING_TO_PRUNE if the
   *     graph has no layer with filters
   */
  static LayerControls of(PruningConfig config, GraphView view) {
    List<GraphView.Op> prunable =
        view.ops().stream()
            .filter(
                op ->
                    op.type().contains("conv")
                        || (config.denseUnits()
                            && PRODUCTS.contains(op.type())
                            && view.variable(op.input(1)).trainable()))
            .toList();
    if (prunable.isEmpty()) {
      throw new PruningException(
          Code.NOTHING_TO_PRUNE,
          "the graph has no convolution, and filters are what is pruned"
              + (config.denseUnits()
                  ? "; nor has it a dense layer with trainable weights"
                  : "; denseUnits() prunes the units of dense layers"));
    }
    Set<String> keepFilters = new TreeSet<>();
    if (!config.layers().isEmpty()) {
      prunable.forEach(op -> keepFilters.add(op.output()));
      keepFilters.removeAll(LayerNames.matching("layers", config.layers(), prunable));
    }
    Map<LayerLimit, Set<String>> limits = new HashMap<>();
    for (LayerLimit limit : config.layerLimits()) {
      String option = limit.exact() ? "layerRatio" : "layerRatioBetween";
      limits.put(limit, LayerNames.matching(option, List.of(limit.pattern()), prunable));
    }
    return new LayerControls(
        new CutScope(
            LayerNames.matching("ignoredLayers", config.ignoredLayers(), prunable),
            keepFilters,
            config.allowInexact(),
            config.denseUnits()),
        limits);
  }

  /**
   * What each group may lose.
   *
   * @throws PruningException BAD_OPTION where limits contradict each other, or name only layers
   *     that cannot be cut
   */
  CutLimits cutLimits(PruningConfig config, ChannelAnalysis analysis) {
    Set<String> cuttable =
        analysis.groups().stream().flatMap(g -> g.members().stream()).collect(Collectors.toSet());
    Map<String, List<LayerLimit>> byLayer = new HashMap<>();
    for (LayerLimit limit : config.layerLimits()) {
      Set<String> layers = limits.get(limit);
      if (layers.stream().noneMatch(cuttable::contains)) {
        Map<String, String> reasons = new TreeMap<>();
        layers.forEach(l -> reasons.put(l, analysis.kept().getOrDefault(l, "no channel rule")));
        throw new PruningException(
            Code.BAD_OPTION, limit + ": nothing of it can be cut: " + reasons);
      }
      layers.forEach(l -> byLayer.computeIfAbsent(l, k -> new ArrayList<>()).add(limit));
    }
    return CutLimits.of(
        analysis, config.minKeptRatio(), config.minFilters(), config.roundTo(), byLayer);
  }
}
