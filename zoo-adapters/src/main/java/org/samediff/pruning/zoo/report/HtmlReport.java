package org.samediff.pruning.zoo.report;

import static org.samediff.pruning.zoo.report.Markup.escape;

import com.google.common.hash.Hashing;
import com.google.common.io.Resources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.stream.Collectors;
import org.samediff.pruning.PruningPlan;

/**
 * The page. Every text of the run is escaped, and a policy in the page's head lets run only the two
 * scripts whose digests it names and load nothing.
 */
final class HtmlReport {
  private final RunReport report;
  private final PageData data;

  private HtmlReport(RunReport report) {
    this.report = report;
    data = PageData.of(report);
  }

  static String of(RunReport report) {
    return new HtmlReport(report).page();
  }

  private String page() {
    ChartLibrary charts = ChartLibrary.load();
    String library = "/*\n" + charts.licence() + "\n*/\n" + charts.script();
    String own = resource("report.js");
    return String.join(
        "\n",
        "<!DOCTYPE html>",
        "<html lang=\"en\">",
        "<head>",
        "<meta charset=\"utf-8\">",
        "<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy(library, own) + "\">",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        "<link rel=\"icon\" href=\"data:,\">",
        "<title>" + escape(report.title()) + ": pruning report</title>",
        "<style>\n" + resource("report.css") + "</style>",
        "</head>",
        "<body>",
        "<main>",
        "<h1>" + escape(report.title()) + "</h1>",
        "<p class=\"soft\">" + escape(subtitle()) + "</p>",
        SummaryCards.of(report),
        inexact(),
        training(),
        layers(),
        scores(),
        "<h2>Details</h2>",
        planTable(),
        keptLayers(),
        provenance(),
        "<footer>Written by SameDiff Pruning. Charts by Chart.js "
            + escape(charts.version())
            + ", MIT licence, its text in the page's source.</footer>",
        "</main>",
        "<script type=\"application/json\" id=\"data\">" + data.toScript() + "</script>",
        "<script>" + library + "</script>",
        "<script>" + own + "</script>",
        "</body>",
        "</html>",
        "");
  }

  private static String policy(String... scripts) {
    StringBuilder policy =
        new StringBuilder(
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src");
    for (String script : scripts) {
      byte[] digest = Hashing.sha256().hashString(script, StandardCharsets.UTF_8).asBytes();
      policy.append(" 'sha256-").append(Base64.getEncoder().encodeToString(digest)).append('\'');
    }
    return policy.toString();
  }

  private String subtitle() {
    long cut = report.plan().groups().stream().mapToLong(g -> g.cut().size()).sum();
    long steps = data.points().isEmpty() ? 0 : data.points().get(data.points().size() - 1).step();
    return String.format(
        Locale.ROOT,
        "%,d channels cut by %s in %,d training steps",
        cut,
        report.plan().criterion(),
        steps);
  }

  private String inexact() {
    if (report.inexactCuts().isEmpty()) {
      return "";
    }
    return "<h2>Cuts that change outputs</h2><div class=\"panel warning\"><ul>"
        + report.inexactCuts().stream()
            .map(cut -> "<li class=\"any\">" + escape(cut) + "</li>")
            .collect(Collectors.joining())
        + "</ul></div>";
  }

  private String training() {
    if (data.points().isEmpty()) {
      return "<h2>Training</h2><p class=\"soft\">No step was recorded.</p>";
    }
    StringBuilder panels = new StringBuilder("<h2>Training</h2>");
    boolean hasLoss = data.points().stream().anyMatch(p -> p.loss() != 0);
    if (!hasLoss) {
      panels.append("<p class=\"soft\">SameDiff did not run the loss in this training.</p>");
    }
    panels.append("<div class=\"grid\">");
    if (hasLoss) {
      panels.append(chart("loss", "Loss", "Loss of the training batches by step"));
    }
    if (data.epochs().stream().anyMatch(e -> e.accuracy() != null)) {
      panels.append(chart("accuracy", "Accuracy if it were cut now", "Accuracy by epoch"));
    }
    panels.append(chart("ratio", "Share that is masked", "Masked share of the cost by step"));
    if (!data.epochs().isEmpty()) {
      panels.append(chart("flips", "Mask flips", "Channels that changed sides, by epoch"));
    }
    return panels.append("</div>").toString();
  }

  private static String chart(String id, String title, String label) {
    return "<section class=\"panel\"><h3>"
        + escape(title)
        + "</h3><div class=\"chart\">"
        + canvas(id, label)
        + "</div></section>";
  }

  private static String canvas(String id, String label) {
    return "<canvas id=\"" + id + "\" role=\"img\" aria-label=\"" + escape(label) + "\"></canvas>";
  }

  private String layers() {
    if (data.groups().isEmpty()) {
      return "";
    }
    return "<h2>Filters by layer</h2><section class=\"panel\"><div class=\"chart bars\" style=\"--rows:"
        + data.groups().size()
        + "\">"
        + canvas("layers", "Channels kept and cut of each layer; the plan below has the numbers")
        + "</div></section>";
  }

  private String scores() {
    StringBuilder panels = new StringBuilder();
    for (int i = 0; i < data.groups().size(); i++) {
      PageData.Group group = data.groups().get(i);
      if (group.bins() != null) {
        panels
            .append("<section class=\"panel\"><h3>")
            .append(escape(group.name()))
            .append("</h3><div class=\"chart\">")
            .append(canvas("scores-" + i, "Histogram of the scores of " + group.name()))
            .append("</div></section>");
      }
    }
    return panels.isEmpty()
        ? ""
        : "<h2>Importance</h2><p class=\"soft\">How many channels have which score, by layer: blue"
            + " ones stay, orange ones are cut. The dashed line is the lowest score that"
            + " stayed.</p><div class=\"grid small\">"
            + panels
            + "</div>";
  }

  private String planTable() {
    Markup.Table table =
        new Markup.Table(
            "layers", "*channels", "*kept", "*lowest kept score", "*saves MACs", "cut");
    for (PruningPlan.Group g : report.plan().groups()) {
      table.row(
          String.join(" + ", g.layers()),
          Markup.count(g.channels()),
          Markup.count(g.channels() - g.cut().size()),
          Markup.significant(g.lowestKeptScore()),
          Markup.count(g.saves().macs()),
          g.cut().isEmpty()
              ? "none"
              : g.cut().stream().map(String::valueOf).collect(Collectors.joining(", ")));
    }
    return table.folded("Plan: which channels were cut");
  }

  private String keptLayers() {
    if (report.plan().keptLayers().isEmpty()) {
      return "";
    }
    Markup.Table table = new Markup.Table("layer", "why it keeps its filters");
    report.plan().keptLayers().forEach(table::row);
    return table.folded("Layers that were left whole");
  }

  private String provenance() {
    Markup.Table table = new Markup.Table("fact", "value");
    report.provenance().forEach(table::row);
    table.row(
        "largest residual of a cut unit", Markup.significant(report.equality().largestResidual()));
    table.row(
        "largest absolute difference",
        Markup.significant(report.equality().maxAbsoluteDifference()));
    return table.folded("Provenance");
  }

  private static String resource(String name) {
    try {
      return Resources.toString(
          Resources.getResource(HtmlReport.class, name), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
