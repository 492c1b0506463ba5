package org.samediff.pruning.zoo.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.PruningPlan;
import org.samediff.pruning.RunHistory;
import org.samediff.pruning.channels.CutScope;

/** Reports made by hand. */
final class Reports {
  static final String HOSTILE = "</script><img src=x onerror=\"alert('x')\">&<!--\u2028`${1}`";

  private Reports() {}

  static RunReport named(String name) {
    List<RunHistory.Point> points = new ArrayList<>();
    for (int i = 1; i <= 40; i++) {
      points.add(new RunHistory.Point(i, 2.0 / i, i / 80.0, i / 90.0, i % 3));
    }
    List<RunHistory.Epoch> epochs =
        List.of(
            new RunHistory.Epoch(1, 20, 0.36, 20 / 90.0, 20, 0.71),
            new RunHistory.Epoch(2, 40, 0.07, 40 / 90.0, 19, 0.8125));
    return report(name, new RunHistory(points, epochs, scores(name)), measured());
  }

  /** A run of which nothing was recorded and nothing measured. */
  static RunReport empty() {
    return report("empty", new RunHistory(List.of(), List.of(), List.of()), null);
  }

  /** One step, no whole epoch. */
  static RunReport ofOneStep() {
    List<RunHistory.Point> points = List.of(new RunHistory.Point(1, 2.5, 0, 0, 0));
    return report("short", new RunHistory(points, List.of(), scores("short")), null);
  }

  /** SameDiff gave 0 for every loss. */
  static RunReport withoutLoss() {
    List<RunHistory.Point> points =
        List.of(new RunHistory.Point(1, 0, 0, 0, 0), new RunHistory.Point(2, 0, 0.5, 0.5, 3));
    return report("zero", new RunHistory(points, List.of(), scores("zero")), null);
  }

  private static RunReport.Measured measured() {
    return new RunReport.Measured(
        0.8890,
        0.8935,
        0.8934,
        1_269_904,
        646_408,
        List.of(new RunReport.Latency(1, 2.5, 2.0), new RunReport.Latency(32, 30.25, 20.5)),
        0.744);
  }

  private static List<RunHistory.Scores> scores(String name) {
    return List.of(
        new RunHistory.Scores(
            List.of(name), List.of(0.125, 0.5, 0.0625, 0.875), List.of(false, true, false, true)),
        new RunHistory.Scores(List.of("b", "c"), List.of(0.25, 0.25), List.of(true, true)));
  }

  private static RunReport report(
      String name, RunHistory history, RunReport.@Nullable Measured measured) {
    PruningPlan plan =
        new PruningPlan(
            new PruningPlan.Source(
                List.of("op " + name), List.of(), CutScope.FILTERS.withInexact(true)),
            "two-factor",
            new PruningPlan.Size(6, 308_074, 10_319_616),
            new PruningPlan.Size(4, 152_596, 5_157_029),
            List.of(
                new PruningPlan.Group(
                    List.of(name),
                    4,
                    List.of(0, 2),
                    List.of(0.125, 0.0625),
                    0.5,
                    new PruningPlan.Size(2, 155_478, 5_162_587)),
                new PruningPlan.Group(
                    List.of("b", "c"),
                    2,
                    List.of(),
                    List.of(),
                    0.25,
                    new PruningPlan.Size(0, 0, 0))),
            Map.of("kept " + name, "why " + name));
    return new RunReport(
        "net " + name,
        Map.of("criterion", name, "seed", "1"),
        new RunReport.Equality(1.7e-7, 2.5e-6, 8.1e-4),
        List.of("inexact " + name),
        measured,
        history,
        plan);
  }
}
