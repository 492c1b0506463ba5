package org.samediff.pruning.zoo.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.RunHistory;

/**
 * What the page's script draws.
 *
 * @param accuracyDense the line to compare accuracies with; null if it was not measured
 */
record PageData(
    List<RunHistory.Point> points,
    List<RunHistory.Epoch> epochs,
    @Nullable Double accuracyDense,
    List<Group> groups) {
  private static final int MOST_BINS = 24;

  /**
   * @param cutLine the lowest score that stayed; null if nothing was cut
   * @param bins null where no scores were recorded
   */
  record Group(
      String name, int channels, int kept, @Nullable Double cutLine, @Nullable Bins bins) {}

  /** Counts of channels whose scores lie in bins of equal width, from {@code low} up. */
  record Bins(double low, double width, int[] kept, int[] cut) {}

  static PageData of(RunReport report) {
    RunReport.Measured measured = report.measured();
    List<RunHistory.Scores> recorded = report.history().groups();
    List<Group> groups = new ArrayList<>();
    for (var planned : report.plan().groups()) {
      String name = String.join(" + ", planned.layers());
      Bins bins =
          recorded.stream()
              .filter(r -> r.layers().equals(planned.layers()))
              .findFirst()
              .map(PageData::bins)
              .orElse(null);
      groups.add(
          new Group(
              name,
              planned.channels(),
              planned.channels() - planned.cut().size(),
              planned.cut().isEmpty() ? null : planned.lowestKeptScore(),
              bins));
    }
    return new PageData(
        report.history().points(),
        report.history().epochs(),
        measured == null ? null : measured.accuracyDense(),
        groups);
  }

  static @Nullable Bins bins(RunHistory.Scores group) {
    if (group.scores().isEmpty()) {
      return null;
    }
    double low = group.scores().stream().mapToDouble(d -> d).min().orElseThrow();
    double high = group.scores().stream().mapToDouble(d -> d).max().orElseThrow();
    int n = high > low ? Math.min(MOST_BINS, Math.max(6, group.scores().size())) : 1;
    double width = high > low ? (high - low) / n : Math.max(Math.abs(low), 1e-6);
    int[] kept = new int[n];
    int[] cut = new int[n];
    for (int c = 0; c < group.scores().size(); c++) {
      int bin = Math.min(n - 1, (int) ((group.scores().get(c) - low) / width));
      (group.kept().get(c) ? kept : cut)[bin]++;
    }
    return new Bins(low, width, kept, cut);
  }

  /** JSON that can stand inside a script element: nothing in it ends one or begins a comment. */
  String toScript() {
    try {
      return new ObjectMapper()
          .writeValueAsString(this)
          .replace("<", "\\u003c")
          .replace(">", "\\u003e")
          .replace("&", "\\u0026");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
