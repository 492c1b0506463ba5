package org.samediff.pruning;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CostModel;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.latency.Latency;

/**
 * What a pruning run came to.
 *
 * @param criterion name of the criterion
 * @param filtersBefore filters of the whole network: of convolutions, and units of dense layers if
 *     those could be cut
 * @param parametersBefore trainable parameters of the whole network
 * @param macsBefore multiply-accumulates for one example, convolutions and matrix products
 * @param maxRelativeDifference largest difference between an output of the masked and the compacted
 *     graph, as a share of the largest value of that output
 * @param maxAbsoluteDifference the same as a number
 * @param largestResidual what decay had left of a cut unit, as a share of its norm at the start,
 *     before it was set to zero; 0 for a replayed plan
 * @param steps training steps of the run; 0 for a replayed plan
 * @param flips channels that changed sides during the run
 * @param inexactCuts why the outputs of the compacted graph differ from the masked one's, a reason
 *     for each op; empty for an exact cut, and always unless {@code allowInexact()} was called
 * @param latency both graphs side by side on this machine, if the target was a latency
 */
public record PruningReport(
    String criterion,
    long filtersBefore,
    long filtersAfter,
    long parametersBefore,
    long parametersAfter,
    long macsBefore,
    long macsAfter,
    double maxRelativeDifference,
    double maxAbsoluteDifference,
    double largestResidual,
    long steps,
    long flips,
    List<String> inexactCuts,
    Optional<Latency> latency) {
  /** Copies the list. */
  public PruningReport {
    inexactCuts = List.copyOf(inexactCuts);
  }

  static PruningReport of(
      String criterion,
      ChannelAnalysis analysis,
      boolean[][] kept,
      Compactor.Result result,
      double residual,
      long steps,
      long flips,
      Optional<Latency> latency) {
    CostModel cost = analysis.cost();
    return new PruningReport(
        criterion,
        cost.total(Measure.FILTERS),
        cost.cost(Measure.FILTERS, kept),
        cost.total(Measure.PARAMETERS),
        cost.cost(Measure.PARAMETERS, kept),
        cost.total(Measure.MACS),
        cost.cost(Measure.MACS, kept),
        result.difference().maxRelative(),
        result.difference().maxAbsolute(),
        residual,
        steps,
        flips,
        result.inexact(),
        latency);
  }

  /** A table of a few lines. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        """
        %-12s %12s %12s %8s
        filters      %12d %12d %7.1f%%
        parameters   %12d %12d %7.1f%%
        MACs         %12d %12d %7.1f%%
        largest output difference %.2e (relative), residual before zeroing %.2e
        %s%s""",
        criterion,
        "before",
        "after",
        "removed",
        filtersBefore,
        filtersAfter,
        removed(filtersBefore, filtersAfter),
        parametersBefore,
        parametersAfter,
        removed(parametersBefore, parametersAfter),
        macsBefore,
        macsAfter,
        removed(macsBefore, macsAfter),
        maxRelativeDifference,
        largestResidual,
        latency.map(l -> l + "\n").orElse(""),
        inexactCuts.stream().map(cut -> "not exact: " + cut + "\n").collect(Collectors.joining()));
  }

  private static double removed(long before, long after) {
    return before == 0 ? 0 : 100 * (1 - (double) after / before);
  }
}
