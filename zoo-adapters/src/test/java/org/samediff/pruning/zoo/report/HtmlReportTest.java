package org.samediff.pruning.zoo.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.parser.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HtmlReportTest {
  static List<RunReport> reports() {
    return List.of(
        Reports.named("conv1"),
        Reports.named(Reports.HOSTILE),
        Reports.empty(),
        Reports.ofOneStep());
  }

  private static Document parse(RunReport report) {
    Parser parser = Parser.htmlParser().setTrackErrors(20);
    Document page = Jsoup.parse(report.toHtml(), "", parser);
    assertThat(parser.getErrors()).as("errors of the parser").isEmpty();
    return page;
  }

  @ParameterizedTest
  @MethodSource("reports")
  void thePageIsWellFormedAndAsksForNothing(RunReport report) {
    Document page = parse(report);

    assertThat(page.select("script")).hasSize(3);
    assertThat(page.select("img, iframe, object, embed, form, base")).isEmpty();
    assertThat(page.select("script[src], link:not([href='data:,']), [src], [srcset]")).isEmpty();
    assertThat(page.getAllElements())
        .allSatisfy(
            e ->
                assertThat(e.attributes().asList())
                    .noneMatch(
                        a ->
                            a.getKey().startsWith("on")
                                || a.getKey().equals("href") && !a.getValue().equals("data:,")));
    assertThat(page.select("style").html()).doesNotContain("url(", "@import");
    assertThat(page.title()).isEqualTo(report.title() + ": pruning report");
    assertThat(page.select("h1").text())
        .isEqualTo(Jsoup.parse("").createElement("p").text(report.title()).text());
    TreeSet<String> ids = new TreeSet<>(page.select("[id]").eachAttr("id"));
    assertThat(ids).as("ids are unique").hasSize(page.select("[id]").size());
  }

  @ParameterizedTest
  @MethodSource("reports")
  void thePolicyNamesTheScriptsThatAreThere(RunReport report) throws NoSuchAlgorithmException {
    Document page = parse(report);
    String policy = page.select("meta[http-equiv=Content-Security-Policy]").attr("content");

    assertThat(policy).contains("default-src 'none'").doesNotContain("http");
    assertThat(policy.substring(policy.indexOf("script-src"))).doesNotContain("unsafe");
    List<Element> run = page.select("script:not([type])");
    assertThat(run).hasSize(2);
    for (Element script : run) {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(script.data().getBytes(StandardCharsets.UTF_8));
      assertThat(policy).contains("'sha256-" + Base64.getEncoder().encodeToString(digest) + "'");
      assertThat(script.data()).doesNotContain("sourceMappingURL");
    }
    assertThat(run.get(0).data()).contains("The MIT License", "Permission is hereby granted");
  }

  @ParameterizedTest
  @ValueSource(strings = {"conv1", Reports.HOSTILE})
  void everythingOfTheRunIsOnThePage(String name) throws IOException {
    Document page = parse(Reports.named(name));

    assertThat(page.select(".card .name").eachText())
        .containsExactly(
            "Accuracy",
            "MACs per example",
            "Parameters",
            "Filters",
            "File, bytes",
            "Speed, batch 1",
            "Speed, batch 32",
            "Largest output difference",
            "Task features kept");
    assertThat(page.select(".card .value").eachText())
        .containsExactly(
            "89.34 %",
            "\u221250.0 %",
            "\u221250.5 %",
            "\u221233.3 %",
            "\u221249.1 %",
            "\u00d71.25",
            "\u00d71.48",
            "1.70e-07",
            "74.40 %");
    assertThat(page.select(".card .note").eachText())
        .contains(
            "dense 88.90 %, masked 89.35 %",
            "10,319,616 \u2192 5,157,029", "1,269,904 \u2192 646,408", "30.25 \u2192 20.50 ms");
    List<String> cells = page.select("td").eachText();
    String shown = new Element("p").text(name).text();
    assertThat(cells)
        .contains(shown, "b + c", "0, 2", "5,162,587", "kept " + shown, "why " + shown);
    assertThat(cells).contains("criterion", "seed", "8.10e-04");
    assertThat(page.select(".warning li").eachText()).containsExactly("inexact " + shown);
    assertThat(page.select("canvas").eachAttr("id"))
        .containsExactly("loss", "accuracy", "ratio", "flips", "layers", "scores-0", "scores-1");

    JsonNode data = new ObjectMapper().readTree(page.select("#data").first().data());
    assertThat(data.at("/points")).hasSize(40);
    assertThat(data.at("/points/39/loss").asDouble()).isEqualTo(0.05);
    assertThat(data.at("/epochs/1/accuracy").asDouble()).isEqualTo(0.8125);
    assertThat(data.at("/groups/0/name").asText()).isEqualTo(name);
    assertThat(data.at("/groups/0/kept").asInt()).isEqualTo(2);
    assertThat(data.at("/groups/0/cutLine").asDouble()).isEqualTo(0.5);
    assertThat(data.at("/groups/1/cutLine").isNull()).isTrue();
    assertThat(sum(data.at("/groups/0/bins/kept"))).isEqualTo(2);
    assertThat(sum(data.at("/groups/0/bins/cut"))).isEqualTo(2);
    assertThat(sum(data.at("/groups/1/bins/kept"))).isEqualTo(2);
  }

  private static int sum(JsonNode counts) {
    int sum = 0;
    for (JsonNode n : counts) {
      sum += n.asInt();
    }
    return sum;
  }

  @Test
  void aRunOfWhichNothingWasRecordedSaysSo() {
    Document page = parse(Reports.empty());

    assertThat(page.text()).contains("No step was recorded.");
    assertThat(page.select("canvas").eachAttr("id")).containsExactly("layers");
    assertThat(page.select(".card .name").eachText()).doesNotContain("Accuracy", "File, bytes");
  }

  @Test
  void aLossThatWasNotRunIsNoFlatLine() {
    Document page = parse(Reports.withoutLoss());

    assertThat(page.text()).contains("SameDiff did not run the loss in this training.");
    assertThat(page.select("canvas").eachAttr("id")).contains("ratio").doesNotContain("loss");
  }

  @Test
  void aScoreLiesInTheBinThatItsPlaceIs() {
    PageData.Bins bins = PageData.bins(Reports.named("x").history().groups().get(0));

    assertThat(bins.low()).isEqualTo(0.0625);
    assertThat(bins.low() + bins.width() * bins.kept().length).isEqualTo(0.875);
    // six bins of 0.1354 from 0.0625: 0.125 and 0.0625 in the first, 0.5 in the fourth
    assertThat(bins.cut()).containsExactly(2, 0, 0, 0, 0, 0);
    assertThat(bins.kept()).containsExactly(0, 0, 0, 1, 0, 1);
  }
}
