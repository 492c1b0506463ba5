package org.samediff.pruning.zoo.report;

import static org.samediff.pruning.zoo.report.Markup.count;
import static org.samediff.pruning.zoo.report.Markup.percent;

import java.util.Locale;
import org.samediff.pruning.PruningPlan;

/** The figures on top of the page. */
final class SummaryCards {
  private final StringBuilder html = new StringBuilder("<div class=\"cards\">");

  private SummaryCards() {}

  static String of(RunReport report) {
    SummaryCards cards = new SummaryCards();
    PruningPlan.Size before = report.plan().before();
    PruningPlan.Size after = report.plan().after();
    RunReport.Measured measured = report.measured();
    if (measured != null) {
      cards.card(
          "Accuracy",
          percent(measured.accuracyCompacted()),
          String.format(
              Locale.ROOT,
              "dense %s, masked %s",
              percent(measured.accuracyDense()),
              percent(measured.accuracyMasked())));
    }
    cards.change("MACs per example", before.macs(), after.macs());
    cards.change("Parameters", before.parameters(), after.parameters());
    cards.change("Filters", before.filters(), after.filters());
    if (measured != null) {
      cards.change("File, bytes", measured.bytesBefore(), measured.bytesAfter());
      for (RunReport.Latency l : measured.latencies()) {
        cards.card(
            "Speed, batch " + l.batch(),
            String.format(Locale.ROOT, "\u00d7%.2f", l.before() / l.after()),
            String.format(Locale.ROOT, "%.2f \u2192 %.2f ms", l.before(), l.after()));
      }
    }
    cards.card(
        "Largest output difference",
        Markup.significant(report.equality().maxRelativeDifference()),
        "compacted against masked, relative");
    if (measured != null && measured.keptTaskFeatures() != null) {
      cards.card(
          "Task features kept",
          percent(measured.keptTaskFeatures()),
          "TRK, of the dense network's");
    }
    return cards.html.append("</div>").toString();
  }

  private void change(String name, long before, long after) {
    String share =
        before == 0
            ? "unchanged"
            : String.format(Locale.ROOT, "%+.1f %%", 100.0 * (after - before) / before)
                .replace('-', '\u2212');
    card(name, share, count(before) + " \u2192 " + count(after));
  }

  private void card(String name, String value, String note) {
    html.append("<div class=\"card\"><div class=\"name\">")
        .append(Markup.escape(name))
        .append("</div><div class=\"value\">")
        .append(Markup.escape(value))
        .append("</div><div class=\"note\">")
        .append(Markup.escape(note))
        .append("</div></div>\n");
  }
}
