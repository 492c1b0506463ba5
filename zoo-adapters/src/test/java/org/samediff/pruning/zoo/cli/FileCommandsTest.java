package org.samediff.pruning.zoo.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/** inspect, verify, bench and generate-completion, on small files, good and bad. */
class FileCommandsTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path net;

  @BeforeEach
  void save() {
    net = folder.resolve("net.fb");
    ModelFiles.save(DemoNetwork.RESNET.build(3), net, false);
  }

  private int execute(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(args);
  }

  private String changed(double factor) {
    SameDiff sd = ModelFiles.load(net);
    INDArray w =
        sd.variables().stream()
            .map(v -> v.getArr())
            .filter(a -> a != null && a.rank() == 4)
            .findFirst()
            .orElseThrow();
    w.putScalar(0, w.getDouble(0) * factor);
    Path file = folder.resolve("changed" + factor + ".fb");
    ModelFiles.save(sd, file, false);
    return file.toString();
  }

  @Test
  void inspectShowsLayersGroupsAndReasons() throws IOException {
    byte[] before = Files.readAllBytes(net);

    assertThat(execute("inspect", net.toString())).as(err.toString()).isZero();

    assertThat(out.toString())
        .contains("layers\n", "conv2d", "batchnorm", "groups, cut together", "filters of ")
        .contains("total: 672 filters, 308,074 parameters, 10,319,616 MACs");
    assertThat(Files.readAllBytes(net)).isEqualTo(before);
  }

  @Test
  void inspectAsJsonAddsUp() throws IOException {
    assertThat(execute("inspect", "--json", net.toString())).isZero();

    JsonNode json = new ObjectMapper().readTree(out.toString());
    long parameters = 0;
    long macs = 0;
    for (JsonNode layer : json.get("layers")) {
      parameters += layer.get("parameters").asLong();
      macs += layer.get("macs").asLong();
    }
    assertThat(parameters).isEqualTo(json.get("parameters").asLong()).isEqualTo(308_074);
    assertThat(macs).isEqualTo(json.get("macs").asLong()).isEqualTo(10_319_616);
    assertThat(json.get("groups").get(0).get("channels").asInt()).isPositive();
  }

  @Test
  void inspectReadsTheZooAndZips() throws IOException {
    assertThat(execute("inspect", "lenet", "--classes", "10")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("cnn1", "group 0", "cut together")
        .doesNotContain("filters of ffn1");
    assertThat(execute("inspect", "lenet", "--classes", "10", "--dense-units")).isZero();
    assertThat(out.toString()).contains("filters of ffn1/matmul").contains("580 filters");
    Path zip = folder.resolve("lenet.zip");
    ModelSerializer.writeModel(ZooModels.LENET.build(10, 12, 1), zip.toFile(), true);
    assertThat(execute("inspect", zip.toString(), "--input", "12")).as(err.toString()).isZero();
  }

  @Test
  void verifyAgainstTheManifest() throws IOException {
    assertThat(execute("verify", net.toString())).as(err.toString()).isZero();
    assertThat(out.toString()).startsWith("WHOLE ").contains("SHA-256 ");

    byte[] bytes = Files.readAllBytes(net);
    bytes[bytes.length / 2] ^= 1;
    Files.write(net, bytes);
    assertThat(execute("verify", net.toString())).isEqualTo(3);
    assertThat(out.toString()).contains("NOT WHOLE DIGEST_MISMATCH");

    Files.delete(folder.resolve("net.fb.json"));
    assertThat(execute("verify", net.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("manifest");
  }

  @Test
  void verifyTwoFiles() {
    assertThat(execute("verify", net.toString(), changed(1))).as(err.toString()).isZero();
    assertThat(out.toString()).contains("float logits: equal", "double logits: equal", "\nEQUAL");

    assertThat(execute("verify", net.toString(), changed(1.5))).isEqualTo(3);
    assertThat(out.toString()).contains("float logits: DIFFERS", "\nDIFFERENT");
  }

  @Test
  void verifyOfNetworksWithoutACommonOutputSaysWhichTheyHave() {
    SameDiff other = DemoNetwork.RESNET.build(3);
    other.renameVariable(DemoNetwork.LOGITS, "scores");
    Path file = folder.resolve("other.fb");
    ModelFiles.save(other, file, false);

    assertThat(execute("verify", net.toString(), file.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("[logits]", "[scores]");
  }

  @Test
  void benchTimesBothInTurns() throws IOException {
    assertThat(execute("bench", net.toString(), net.toString(), "--batch", "1"))
        .as(err.toString())
        .isZero();

    String last = out.toString().lines().reduce("", (a, b) -> b);
    JsonNode json = new ObjectMapper().readTree(last);
    assertThat(json.get("batch_1").get("dense_ms").asDouble()).isPositive();
    assertThat(json.get("batch_1").get("x").asDouble()).isBetween(0.3, 3.0);
    assertThat(json.has("batch_32")).isFalse();
  }

  @Test
  void aLinkIsNotWrittenThrough() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link.fb"), net);
    byte[] before = Files.readAllBytes(net);

    assertThat(execute("prune", "--model", "lenet", "--out", link.toString())).isEqualTo(2);

    assertThat(err.toString()).contains("--out: ", "is a link");
    assertThat(Files.readAllBytes(net)).isEqualTo(before);
  }

  @Test
  void completionIsAShellScriptThatKnowsTheCommands() {
    assertThat(execute("generate-completion")).isZero();
    assertThat(out.toString()).startsWith("#!").contains("inspect", "verify-pruning", "--macs");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inspect | Missing required parameter",
        "inspect no-such-net | is neither a file nor a network of the zoo; there are alexnet",
        "inspect pom.xml | no SameDiff model",
        "inspect resnet50 --input 64 | at least 133x133",
        "inspect lenet --classes 0 | --classes: must be at least 1",
        "inspect lenet --colour | Unknown option: '--colour'",
        "inspect nasnet | cannot be built",
        "verify no-such-file.fb | no-such-file.fb is no readable file",
        "verify pom.xml pom.xml | no SameDiff model",
        "verify src | src is no readable file",
        "bench pom.xml | Missing required parameter",
        "bench pom.xml pom.xml | no SameDiff model",
        "bench pom.xml pom.xml --batch 0 | --batch: must be at least 1, got 0",
        "resume no-such-run | holds no run.json",
        "resume | Missing required parameter",
        "compact no-such-run --out x.fb | holds no run.json",
        "compact no-such-run | Missing required option: '--out",
        "compact no-such-run --out /no/such/folder/x.fb | does not exist",
        "prune --model lenet --checkpoint-every -1 | --checkpoint-every: must be at least 0",
        "frobnicate | Unmatched argument at index 0: 'frobnicate'",
      })
  void badInputIsExplained(String commandLine, String message) {
    assertThat(execute(commandLine.strip().split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(message);
    assertThat(out.toString()).isEmpty();
  }
}
