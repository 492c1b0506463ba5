package org.samediff.pruning.zoo.report;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PruningPlan;
import org.samediff.pruning.PruningReport;
import org.samediff.pruning.RunHistory;
import org.samediff.pruning.error.PruningException;

/**
 * Everything that one run came to. Immutable; the same run gives the same text.
 *
 * @param title what was pruned
 * @param provenance names and values: digest of the graph, criterion, schedule, seed, versions
 * @param equality how far the compacted graph is from the masked one
 * @param inexactCuts why outputs differ, a reason for each op; empty for an exact cut
 * @param measured what was measured afterwards; null if nothing was
 * @param history how the run went
 * @param plan what was cut, with the sizes before and after
 */
public record RunReport(
    String title,
    Map<String, String> provenance,
    Equality equality,
    List<String> inexactCuts,
    @Nullable Measured measured,
    RunHistory history,
    PruningPlan plan) {
  /** Copies the collections. */
  public RunReport {
    provenance = Collections.unmodifiableMap(new TreeMap<>(provenance));
    inexactCuts = List.copyOf(inexactCuts);
  }

  /**
   * The comparison of masked and compacted graph.
   *
   * @param maxRelativeDifference largest difference of an output, as a share of its largest value
   * @param maxAbsoluteDifference the same as a number
   * @param largestResidual share of a cut unit's norm that decay had left before it was zeroed
   */
  public record Equality(
      double maxRelativeDifference, double maxAbsoluteDifference, double largestResidual) {}

  /**
   * Figures that need data, a file or a clock.
   *
   * @param accuracyDense 0 to 1, before pruning
   * @param accuracyMasked with redundant filters at zero
   * @param accuracyCompacted of the network that was saved
   * @param bytesBefore size of the dense network's file
   * @param bytesAfter size of the compacted network's file
   * @param latencies medians of one inference of each, in turns
   * @param keptTaskFeatures share of the task-relevant features (TRK), 0 to 1; null if unknown
   */
  public record Measured(
      double accuracyDense,
      double accuracyMasked,
      double accuracyCompacted,
      long bytesBefore,
      long bytesAfter,
      List<Latency> latencies,
      @Nullable Double keptTaskFeatures) {
    /** Copies the list. */
    public Measured {
      latencies = List.copyOf(latencies);
    }
  }

  /**
   * One batch size.
   *
   * @param batch examples in one inference
   * @param before milliseconds of the dense network
   * @param after milliseconds of the compacted network
   */
  public record Latency(int batch, double before, double after) {}

  /** Of a run that has been compacted. */
  public static RunReport of(
      String title, RunHistory history, CompactedGraph slim, @Nullable Measured measured) {
    PruningReport report = slim.report();
    return new RunReport(
        title,
        slim.provenance().facts(),
        new Equality(
            report.maxRelativeDifference(),
            report.maxAbsoluteDifference(),
            report.largestResidual()),
        report.inexactCuts(),
        measured,
        history,
        slim.plan());
  }

  /** The report as readable JSON. */
  public String toJson() {
    return ReportJson.write(this);
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws PruningException BAD_FILE or BAD_PLAN saying why the text is no report
   */
  public static RunReport fromJson(String json) {
    return ReportJson.read(json);
  }

  /**
   * Reads a file of {@link #toJson}.
   *
   * @throws PruningException IO if it cannot be read, BAD_FILE or BAD_PLAN if it is no report
   */
  public static RunReport read(Path file) {
    return ReportJson.read(file);
  }

  /** The report as one HTML page that asks for nothing else. */
  public String toHtml() {
    return HtmlReport.of(this);
  }
}
