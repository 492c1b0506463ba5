package org.samediff.pruning.zoo.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

class ReportJsonTest {
  @ParameterizedTest
  @MethodSource("org.samediff.pruning.zoo.report.HtmlReportTest#reports")
  void whatIsWrittenIsReadAgain(RunReport report) {
    String text = report.toJson();
    RunReport read = RunReport.fromJson(text);

    assertThat(read).isEqualTo(report);
    assertThat(read.toJson()).isEqualTo(text);
    assertThat(read.toHtml()).isEqualTo(report.toHtml());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"version\" : 1 | \"version\" : 2 | it has version 2, and this is 1",
        "samediff-pruning-report | other | its format is not samediff-pruning-report",
        "\"title\" | \"titel\" | it has no title",
        "\"history\" | \"histories\" | it has no history",
        "\"equality\" : { | \"equality\" : null, \"x\" : { | it has no equality",
        "\"flips\" | \"flip\" | flip",
        "\"targetRatio\" : | \"targetRatio\" : null, \"z\" : | null",
        "\"cut\" : [ 0, 2 ] | \"cut\" : [ 0, 9 ] | channel 9 is cut",
        "\"layers\" : [ \"conv1\" ] | \"layers\" : [ null ] | null",
        "\"scores\" : [ 0.125, | \"scores\" : [ | has 3 scores and 4 channels",
      })
  void whatIsNoReportIsRefusedWithItsReason(String part, String with, String message) {
    String text = Reports.named("conv1").toJson();
    assertThat(text).contains(part);

    assertThatThrownBy(() -> RunReport.fromJson(text.replace(part, with)))
        .isInstanceOf(PruningException.class)
        .hasMessageContaining(message)
        .extracting(e -> ((PruningException) e).code())
        .isIn(Code.BAD_FILE, Code.BAD_PLAN);
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> RunReport.read(Path.of("no-such.json")))
        .isInstanceOf(PruningException.class)
        .hasMessageContaining("no-such.json")
        .extracting(e -> ((PruningException) e).code())
        .isEqualTo(Code.IO);
  }
}
