package org.samediff.pruning.zoo.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/** The commands from end to end on a handful of images. */
class DemoCommandTest {
  private static final int TRAIN = 320;
  private static final int TEST = 200;

  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeAHandfulOfImages() throws IOException {
    HandfulOfImages.write(folder, TRAIN, TEST);
  }

  @Test
  void demoMeasuresAndSavesBothNetworks() throws IOException {
    Path json = folder.resolve("figures.json");
    execute("demo", "--epochs", "3", "--out", folder + "/small.fb", "--json", json.toString());

    JsonNode figures = new ObjectMapper().readTree(json.toFile());
    for (JsonNode run : new JsonNode[] {figures, figures.get("vgg")}) {
      assertThat(run.fieldNames())
          .toIterable()
          .contains(
              "accuracy_dense",
              "accuracy_masked",
              "accuracy_compacted",
              "filters_before",
              "filters_after",
              "params_before",
              "params_after",
              "macs_before",
              "macs_after",
              "bytes_before",
              "bytes_after",
              "latency_ms_before",
              "latency_ms_after",
              "latency_ms_before_batch1",
              "latency_ms_after_batch1",
              "max_rel_diff",
              "trk",
              "seed");
      assertThat(run.get("macs_after").asDouble() / run.get("macs_before").asDouble())
          .isCloseTo(0.5, within(0.05));
      assertThat(run.get("accuracy_compacted")).isEqualTo(run.get("accuracy_masked"));
      assertThat(run.get("max_rel_diff").asDouble()).isLessThan(1e-4);
      assertThat(run.get("trk").asDouble()).isBetween(0.0, 1.0);
    }
    assertThat(figures.get("network").asText()).isEqualTo("resnet");
    for (String name : new String[] {"small-resnet.fb", "small-vgg.fb"}) {
      SameDiff slim = SameDiff.load(folder.resolve(name).toFile(), false);
      INDArray logits =
          slim.output(Map.of(DemoNetwork.INPUT, Nd4j.zeros(2, 1, 28, 28)), DemoNetwork.LOGITS)
              .get(DemoNetwork.LOGITS);
      assertThat(logits.shape()).containsExactly(2, 10);
    }
    assertThat(out.toString()).contains("resnet", "vgg", "accuracy, compacted");
    assertThat(err.toString()).contains("resnet: train", "vgg: prune 50 % (two-factor)", "loss");
  }

  @Test
  void criteriaPrintsATableAndEveryOutcome() throws IOException {
    execute(
        "criteria",
        "--net=vgg",
        "--criteria=l1,random",
        "--macs=0.5,0.7",
        "--seeds=1",
        "--training-epochs=1",
        "--pruning-epochs=2",
        "--journal=" + folder.resolve("journal"));

    String[] lines = out.toString().split("\\R");
    assertThat(lines)
        .contains("| network | criterion | 50 % of MACs removed | 70 % of MACs removed |");
    assertThat(lines).anyMatch(line -> line.startsWith("| vgg | l1 |"));
    assertThat(new ObjectMapper().readTree(lines[lines.length - 1]).get("outcomes")).hasSize(4);
    assertThat(folder.resolve("journal")).doesNotExist();
  }

  private void execute(String... args) {
    String[] all = Arrays.copyOf(args, args.length + 2);
    all[args.length] = "--data";
    all[args.length + 1] = folder.toString();
    int exitCode =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(all);
    assertThat(exitCode).as(err.toString()).isZero();
  }
}
