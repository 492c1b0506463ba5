package org.samediff.pruning.zoo.run;

import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.samediff.pruning.zoo.run.CriteriaSweep.Outcome;

/**
 * A sweep as a Markdown table: one row per network and criterion, one column per ratio; each cell
 * holds the mean accuracy over the seeds in percent and, in brackets, the lowest and the highest.
 */
public final class CriteriaTable {
  private CriteriaTable() {}

  /** Lines of text without a final line break. */
  public static String of(List<Outcome> outcomes) {
    List<Double> ratios = outcomes.stream().map(Outcome::macsTarget).distinct().sorted().toList();
    StringBuilder text = new StringBuilder("| network | criterion |");
    ratios.forEach(
        r -> text.append(String.format(Locale.ROOT, " %.0f %% of MACs removed |", 100 * r)));
    text.append("\n|---|---|").append("---|".repeat(ratios.size()));
    for (Map.Entry<String, List<Outcome>> network : by(outcomes, Outcome::network).entrySet()) {
      DoubleSummaryStatistics dense =
          network.getValue().stream().collect(Collectors.summarizingDouble(Outcome::accuracyDense));
      text.append("\n| ").append(network.getKey()).append(" | (dense) |");
      text.append((" " + cell(dense) + " |").repeat(ratios.size()));
      by(network.getValue(), Outcome::criterion)
          .forEach((criterion, runs) -> appendRow(text, network.getKey(), criterion, runs, ratios));
    }
    return text.toString();
  }

  private static void appendRow(
      StringBuilder text,
      String network,
      String criterion,
      List<Outcome> runs,
      List<Double> ratios) {
    text.append("\n| ").append(network).append(" | ").append(criterion).append(" |");
    for (double ratio : ratios) {
      DoubleSummaryStatistics accuracy =
          runs.stream()
              .filter(run -> run.macsTarget() == ratio)
              .collect(Collectors.summarizingDouble(Outcome::accuracyCompacted));
      text.append(' ').append(cell(accuracy)).append(" |");
    }
  }

  private static Map<String, List<Outcome>> by(
      List<Outcome> outcomes, Function<Outcome, String> key) {
    return outcomes.stream()
        .collect(Collectors.groupingBy(key, LinkedHashMap::new, Collectors.toList()));
  }

  private static String cell(DoubleSummaryStatistics accuracy) {
    return String.format(
        Locale.ROOT,
        "%.2f (%.2f - %.2f)",
        100 * accuracy.getAverage(),
        100 * accuracy.getMin(),
        100 * accuracy.getMax());
  }
}
