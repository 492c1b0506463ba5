package org.samediff.pruning.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import examples.CudaProfile;
import examples.OwnCnn;
import examples.ResumeAfterCrash;
import examples.ServeSlimModel;
import examples.ThreeLines;
import examples.ZooTraining;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs under {@code docs/examples}, run on a few images. */
class ExamplesTest {
  @TempDir private Path directory;

  private interface Program {
    void main(String[] args) throws Exception;
  }

  /** What it prints, without the lines that ND4J adds. */
  private static String run(Program program, String... args) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      program.main(args);
    } finally {
      System.setOut(before);
    }
    return bytes
        .toString(StandardCharsets.UTF_8)
        .lines()
        .filter(l -> !l.startsWith("Added differentiated op"))
        .reduce("", (a, b) -> a + b + "\n");
  }

  @Test
  void ownCnnAndItsFileServed() throws Exception {
    Path file = directory.resolve("slim.fb");

    String text = run(OwnCnn::main, file.toString(), "320", "1", "2");

    assertThat(text).contains("dense:", "masked:", "compacted:", "MACs", "loaded:");
    assertThat(line(text, "masked:")).isEqualTo(line(text, "compacted:"));
    String served = run(ServeSlimModel::main, file.toString(), "logits", "3");
    assertThat(served.lines()).hasSize(3).allMatch(l -> l.matches("class \\d, [0-9.]+ ms"));
  }

  private static String line(String text, String start) {
    return text.lines()
        .filter(l -> l.startsWith(start))
        .findFirst()
        .orElseThrow()
        .substring(start.length())
        .strip();
  }

  @Test
  void threeLines() throws Exception {
    Path file = directory.resolve("slim.fb");

    assertThat(run(ThreeLines::main, file.toString(), "320", "2")).contains("filters ");
    assertThat(file).isNotEmptyFile();
  }

  /** What the second start finds is what the first one left: the run is over. */
  @Test
  void resume() throws Exception {
    Path run = directory.resolve("run");

    String first = run(ResumeAfterCrash::main, run.toString(), "160", "4");
    String again = run(ResumeAfterCrash::main, run.toString(), "160", "4");

    assertThat(first).startsWith("at step 0\n");
    assertThat(again).startsWith("at step 20\n");
    assertThat(again.replace("at step 20", "at step 0")).isEqualTo(first);
  }

  @Test
  void theProgramThatKnowsNoBackend() throws Exception {
    assertThat(run(CudaProfile::main, "96", "2")).contains("backend ", "images per second");
  }

  @ParameterizedTest
  @ValueSource(strings = {"vgg16", "resnet50"})
  void zoo(String model) throws Exception {
    Path file = directory.resolve("zoo.fb");

    String text = run(ZooTraining::main, model, "8", "4", "1", "4", "4", "0.0001", file.toString());

    JsonNode figures = new ObjectMapper().readTree(text.lines().reduce("", (a, b) -> b));
    assertThat(figures.get("accuracy_masked")).isEqualTo(figures.get("accuracy_compacted"));
    assertThat(figures.get("max_rel_diff").asDouble()).isLessThan(1e-4);
    assertThat(figures.get("macs").get(1).asDouble())
        .isLessThanOrEqualTo(0.5 * figures.get("macs").get(0).asDouble());
    assertThat(Files.size(file)).isEqualTo(figures.get("bytes").get(1).asLong());
  }

  /** A new example is listed in docs/examples/README.md and run here. */
  @Test
  void everyExampleIsListed() throws Exception {
    Path examples = Path.of("..", "docs", "examples");
    String readme = Files.readString(examples.resolve("README.md"));
    String here =
        Files.readString(
            Path.of("src/test/java", ExamplesTest.class.getName().replace('.', '/') + ".java"));
    try (Stream<Path> files = Files.list(examples)) {
      files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".java"))
          .forEach(
              f -> {
                assertThat(readme).contains("(" + f + ")");
                assertThat(here).contains(f.replace(".java", "::main"));
              });
    }
  }
}
