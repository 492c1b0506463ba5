package org.samediff.pruning.zoo.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.PruningCheck;
import org.samediff.pruning.Verdict;
import org.samediff.pruning.zoo.nets.DemoNetwork;

class VerifyPruningCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource({"RESNET,l2", "RESNET,RANDOM", "VGG,L2"})
  void aDemoNetworkIsEqual(DemoNetwork network, String criterion) throws IOException {
    Path file = folder.resolve("net.fb");
    network.build(3).save(file.toFile(), false);
    byte[] before = Files.readAllBytes(file);

    int exitCode =
        execute("verify-pruning", file.toString(), "--ratio", "0.3", "--criterion", criterion);

    assertThat(exitCode).as(out + "\n" + err).isZero();
    assertThat(out.toString()).startsWith("EQUAL largest relative difference: float ");
    JsonNode json = json();
    assertThat(json.get("name").asText()).isEqualTo("verify-pruning");
    assertThat(json.get("verdict").asText()).isEqualTo("EQUAL");
    assertThat(json.get("criterion").asText()).isEqualToIgnoringCase(criterion);
    assertThat(json.get("max_rel_diff_double").asDouble()).isLessThan(1e-9);
    assertThat(json.get("max_rel_diff_training_double").asDouble()).isLessThan(1e-9);
    assertThat(json.get("max_rel_diff_float").isDouble()).isTrue();
    assertThat(json.get("max_rel_diff_float").asDouble()).isLessThan(1e-4);
    assertThat(json.get("macs_after").asLong()).isLessThan(json.get("macs_before").asLong());
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void aGraphWithoutConvolutionIsRefused() throws IOException {
    SameDiff sd = SameDiff.create();
    sd.placeHolder("x", DataType.FLOAT, -1, 4).mmul("y", sd.var("w", Nd4j.ones(4, 3)));

    assertThat(execute("verify-pruning", saved(sd))).as(err.toString()).isEqualTo(4);
    assertThat(out.toString()).startsWith("REFUSED the graph has no convolution");
    assertThat(json().get("verdict").asText()).isEqualTo("REFUSED");
    assertThat(json().get("reason").asText()).contains("no convolution");
  }

  @Test
  void unitsOfDenseLayersAreTriedWhenAskedFor() throws IOException {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 4);
    SDVariable hidden = sd.nn().relu(x.mmul(sd.var("w", Nd4j.rand(4, 8).subi(0.5))), 0);
    hidden.mmul("y", sd.var("v", Nd4j.rand(8, 3)));

    assertThat(execute("verify-pruning", saved(sd), "--dense-units")).as(err.toString()).isZero();
    assertThat(json().get("dense_units").asBoolean()).isTrue();
    assertThat(json().get("params_before").asLong()).isEqualTo(4 * 8 + 8 * 3);
    assertThat(json().get("params_after").asLong()).isEqualTo(4 * 4 + 4 * 3);
  }

  @Test
  void aFileOfZerosIsRefused() throws IOException {
    Path file = folder.resolve("zeros.fb");
    Files.write(file, new byte[40]);

    assertThat(execute("verify-pruning", file.toString())).as(err.toString()).isEqualTo(4);
    assertThat(out.toString()).startsWith("REFUSED SameDiff cannot load").contains("zeros.fb");
  }

  @Test
  void anOpenPlaceholderIsNamedAndTakesAShape() throws IOException {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("image", DataType.FLOAT, -1, 3, -1, -1);
    Conv2DConfig config = Conv2DConfig.builder().kH(3).kW(3).build();
    SDVariable h = sd.cnn().conv2d("c1", x, sd.var("W1", Nd4j.rand(3, 3, 3, 6)), config);
    sd.cnn().conv2d("c2", sd.nn().relu(h, 0), sd.var("W2", Nd4j.rand(3, 3, 6, 2)), config);
    String file = saved(sd);

    assertThat(execute("verify-pruning", file)).isEqualTo(4);
    assertThat(json().get("op").asText()).isEqualTo("image");

    out.getBuffer().setLength(0);
    assertThat(execute("verify-pruning", file, "--shape", "image=2,3,9,8")).as("%s", out).isZero();
    assertThat(json().get("channels_cut").asInt()).isEqualTo(3);
    assertThat(json().get("max_rel_diff_training_float").isNull()).isTrue();
    assertThat(json().get("kept").get("c2").asText()).contains("output of the graph");
  }

  @Test
  void anInexactCutIsMadeWhenAllowedOnly() throws IOException {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 3, 8, 8);
    Conv2DConfig config = Conv2DConfig.builder().kH(3).kW(3).build();
    SDVariable h = sd.cnn().conv2d("c1", x, sd.var("W1", Nd4j.randn(3, 3, 3, 6)), config);
    SDVariable p = sd.nn().softmax("share", h, 1);
    sd.cnn().conv2d("c2", p, sd.var("W2", Nd4j.randn(3, 3, 6, 2)), config);
    String file = saved(sd);

    assertThat(execute("verify-pruning", file)).isEqualTo(4);
    assertThat(json().get("op").asText()).isEqualTo("c1");
    assertThat(json().get("reason").asText()).contains("softmax");

    out.getBuffer().setLength(0);
    assertThat(execute("verify-pruning", file, "--allow-inexact")).as("%s", out).isEqualTo(3);
    assertThat(out.toString()).startsWith("INEXACT ");
    assertThat(json().get("reasons").get(0).asText()).contains("softmax");
    assertThat(json().get("max_rel_diff_float").asDouble()).isGreaterThan(1e-6);
  }

  @Test
  void everyVerdictHasItsExitCodeAndItsJson() {
    Verdict.Differences d =
        new Verdict.Differences(OptionalDouble.of(0.25), OptionalDouble.empty());
    Verdict.Figures f =
        new Verdict.Figures(
            1,
            8,
            4,
            8,
            4,
            80,
            40,
            800,
            400,
            new TreeMap<>(),
            d,
            Verdict.Differences.NONE,
            List.of());
    PruningCheck.Options options = PruningCheck.Options.of(0.5).withAllowInexact(true);
    Verdict inexact = new Verdict.Inexact(f, List.of("softmax \"p\" over channels"));
    Verdict different = new Verdict.Different("\"y\" in inference, FLOAT", "1 where 2");

    assertThat(VerifyPruningCommand.exitCode(new Verdict.Equal(f))).isZero();
    assertThat(VerifyPruningCommand.exitCode(inexact)).isEqualTo(3);
    assertThat(VerifyPruningCommand.exitCode(new Verdict.Refused("", "no"))).isEqualTo(4);
    assertThat(VerifyPruningCommand.exitCode(different)).isEqualTo(5);
    assertThat(inexact.toString())
        .startsWith(
            "INEXACT largest relative difference: float 0.25 (training not compared); double")
        .contains("because softmax \"p\" over channels");
    JsonNode json = VerdictJson.of(inexact, options);
    assertThat(json.get("verdict").asText()).isEqualTo("INEXACT");
    assertThat(json.get("max_rel_diff_float").asDouble()).isEqualTo(0.25);
    assertThat(json.get("max_rel_diff_double").isNull()).isTrue();
    assertThat(json.get("reasons").get(0).asText()).isEqualTo("softmax \"p\" over channels");
    assertThat(VerdictJson.of(different, options).get("where").asText()).contains("\"y\"");
  }

  private String saved(SameDiff sd) throws IOException {
    Path file = folder.resolve("graph.fb");
    sd.save(file.toFile(), false);
    return file.toString();
  }

  private JsonNode json() throws IOException {
    String[] lines = out.toString().split("\\R");
    return new ObjectMapper().readTree(lines[lines.length - 1]);
  }

  private int execute(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }
}
