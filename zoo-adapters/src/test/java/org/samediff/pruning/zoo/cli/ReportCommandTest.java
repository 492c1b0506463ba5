package org.samediff.pruning.zoo.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.samediff.pruning.RunHistory;
import org.samediff.pruning.zoo.report.EventFiles;
import org.samediff.pruning.zoo.report.EventFiles.Value;
import org.samediff.pruning.zoo.report.RunReport;

/** A run's report has the run's numbers. */
class ReportCommandTest {
  @TempDir Path folder;

  private final StringWriter err = new StringWriter();

  @Test
  void pruneWritesPageJsonAndEventsOfOneRun() throws IOException {
    Path page = folder.resolve("run.html");
    Path figuresFile = folder.resolve("figures.json");
    String options =
        "prune --model lenet --input 12 --train-images 160 --test-images 30 --batch 16 --epochs 3"
            + " --out %s --json %s --report %s --tensorboard %s";
    execute(
        0,
        options.formatted(folder.resolve("slim.fb"), figuresFile, page, folder.resolve("events")));

    JsonNode figures = new ObjectMapper().readTree(figuresFile.toFile());
    RunReport report = RunReport.read(folder.resolve("run.json"));
    RunReport.Measured measured = report.measured();
    assertThat(report.title()).isEqualTo("lenet");
    assertThat(measured.accuracyDense()).isEqualTo(figures.get("accuracy_dense").asDouble());
    assertThat(measured.accuracyMasked()).isEqualTo(figures.get("accuracy_masked").asDouble());
    assertThat(measured.accuracyCompacted())
        .isEqualTo(figures.get("accuracy_compacted").asDouble());
    assertThat(measured.bytesAfter()).isEqualTo(figures.get("bytes_after").asLong());
    assertThat(measured.keptTaskFeatures()).isEqualTo(figures.get("trk").asDouble());
    assertThat(measured.latencies().get(1))
        .isEqualTo(
            new RunReport.Latency(
                32,
                figures.get("latency_ms_before").asDouble(),
                figures.get("latency_ms_after").asDouble()));
    assertThat(report.plan().after().macs()).isEqualTo(figures.get("macs_after").asLong());
    assertThat(report.plan().before().parameters())
        .isEqualTo(figures.get("params_before").asLong());
    assertThat(report.equality().maxRelativeDifference())
        .isEqualTo(figures.get("max_rel_diff").asDouble());

    List<RunHistory.Point> points = report.history().points();
    assertThat(points).hasSize(30).allMatch(p -> p.loss() > 0);
    List<RunHistory.Epoch> epochs = report.history().epochs();
    assertThat(epochs).extracting(RunHistory.Epoch::epoch).containsExactly(1L, 2L, 3L);
    assertThat(epochs.get(2).accuracy())
        .as("masked, at the end")
        .isEqualTo(measured.accuracyMasked());
    assertThat(epochs.stream().mapToLong(RunHistory.Epoch::flips).sum()).isPositive();

    List<Value> events = EventFiles.values(folder.resolve("events/run"));
    assertThat(numbers(events, "loss"))
        .isEqualTo(points.stream().map(p -> (double) (float) p.loss()).toList());
    assertThat(numbers(events, "pruning/ratio"))
        .isEqualTo(points.stream().map(p -> (double) (float) p.ratio()).toList());
    assertThat(numbers(events, "pruning/flips"))
        .isEqualTo(points.stream().map(p -> (double) p.flips()).toList());
    assertThat(numbers(events, "accuracy"))
        .isEqualTo(epochs.stream().map(e -> (double) e.accuracy().floatValue()).toList());
    List<Value> scores = events.stream().filter(v -> v.tag().startsWith("scores/")).toList();
    assertThat(scores).hasSize(epochs.size() * report.plan().groups().size());
    assertThat(scores.get(0).buckets().stream().mapToDouble(d -> d).sum())
        .isEqualTo(report.plan().groups().get(0).channels());

    Path again = folder.resolve("again.html");
    execute(0, "report %s --out %s".formatted(folder.resolve("run.json"), again));
    assertThat(again).hasSameTextualContentAs(page);
  }

  @Test
  void aResumedRunIsShownFromItsCheckpointOn() {
    Path run = folder.resolve("run");
    String options =
        "prune --model lenet --input 12 --train-images 160 --test-images 30 --batch 16 --epochs 3"
            + " --out %s --checkpoints %s --checkpoint-every 12 --report %s --ui-log %s";
    execute(
        0,
        options.formatted(
            folder.resolve("slim.fb"), run, folder.resolve("r.html"), folder.resolve("ui.bin")));
    RunReport whole = RunReport.read(folder.resolve("r.json"));

    execute(0, "resume " + run);

    RunReport resumed = RunReport.read(folder.resolve("r.json"));
    // the newest checkpoint is of step 24, in the middle of the third epoch
    assertThat(resumed.history().points()).isEqualTo(whole.history().points().subList(24, 30));
    RunHistory.Epoch last = resumed.history().epochs().get(0);
    assertThat(resumed.history().epochs()).hasSize(1);
    assertThat(last.epoch()).isEqualTo(3);
    assertThat(last.accuracy()).isEqualTo(whole.history().epochs().get(2).accuracy());
    assertThat(resumed.plan()).isEqualTo(whole.plan());
    assertThat(folder.resolve("ui.bin")).exists();
    assertThat(folder.resolve("ui-from-24.bin")).exists();
  }

  private static List<Double> numbers(List<Value> events, String tag) {
    return events.stream().filter(v -> v.tag().equals(tag)).map(Value::number).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "report | Missing required parameter",
        "report no-such.json | no-such.json",
        "report pom.xml | \"pom.xml\": no report",
        "report no-such.json --out /no/such/folder/x.html | does not exist",
        "prune --model lenet --report /no/such/folder/x.html | --report: the folder",
        "prune --model lenet --report r.html --json r.json | --json names too",
        "prune --model lenet --tensorboard pom.xml | pom.xml is a file; name a folder",
        "prune --model lenet --ui-log pom.xml | --ui-log: pom.xml exists; name a new file",
        "demo --report /no/such/folder/x.html | --report: the folder",
      })
  void badInputIsExplainedAndNothingIsWritten(String commandLine, String message) {
    execute(2, commandLine);
    assertThat(err.toString()).contains(message);
    assertThat(Path.of("report.html")).doesNotExist();
  }

  private void execute(int code, String commandLine) {
    int got =
        Main.commandLine()
            .setOut(new PrintWriter(new StringWriter()))
            .setErr(new PrintWriter(err))
            .execute(commandLine.split(" "));
    assertThat(got).as(err.toString()).isEqualTo(code);
  }
}
