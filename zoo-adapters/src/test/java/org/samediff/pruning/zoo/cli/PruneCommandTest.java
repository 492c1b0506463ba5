package org.samediff.pruning.zoo.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.modelfile.NetworkFiles;

/** The command from end to end on a few images. */
class PruneCommandTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void aZooNetworkIsPrunedSavedAndPrunedAgainFromItsFile() throws IOException {
    Path slim = folder.resolve("slim.fb");
    JsonNode figures = prune("lenet --classes 10 --input 12 --macs 0.5 --training-epochs 1", slim);

    assertThat(figures.get("network").asText()).isEqualTo("lenet");
    assertThat(figures.get("target").asText()).isEqualTo("macs");
    assertThat(share(figures, "macs")).isCloseTo(0.5, within(0.05));
    assertThat(figures.get("accuracy_compacted")).isEqualTo(figures.get("accuracy_masked"));
    assertThat(figures.get("max_rel_diff").asDouble()).isLessThan(1e-4);
    assertThat(figures.get("bytes_after").asLong()).isEqualTo(Files.size(slim));
    assertThat(figures.get("trk").asDouble()).isBetween(0.0, 1.0);
    assertThat(out.toString()).contains("lenet", "accuracy, compacted");
    assertThat(err.toString()).contains("lenet: train", "lenet: prune 50 % (two-factor)");
    SameDiff loaded = SameDiff.load(slim.toFile(), false);
    long stored =
        loaded.variables().stream()
            .filter(v -> v.getVariableType().name().equals("VARIABLE"))
            .mapToLong(v -> v.getArr().length())
            .sum();
    assertThat(stored).isEqualTo(figures.get("params_after").asLong());
    ConvertedNetwork names = NetworkFiles.load(slim, ConversionOptions.defaults());
    String output = names.outputs().get(0);
    INDArray scores =
        loaded.output(Map.of(names.inputs().get(0), Nd4j.zeros(2, 1, 12, 12)), output).get(output);
    assertThat(scores.shape()).containsExactly(2, 10);

    Path slimmer = folder.resolve("slimmer.fb");
    JsonNode again = prune(slim + " --filters 0.3 --criterion l1 --round-to 2", slimmer);
    assertThat(again.get("network").asText()).isEqualTo("slim.fb");
    assertThat(again.get("macs_before")).isEqualTo(figures.get("macs_after"));
    assertThat(again.get("params_before")).isEqualTo(figures.get("params_after"));
    assertThat(share(again, "filters")).isLessThanOrEqualTo(0.7);
    assertThat(again.get("filters_after").asInt() % 2).isZero();
  }

  @Test
  void aZipOfDl4jIsPrunedButForTheLayersToIgnore() throws IOException {
    Path zip = folder.resolve("lenet.zip");
    ModelSerializer.writeModel(ZooModels.LENET.build(10, 12, 1), zip.toFile(), true);

    JsonNode figures =
        prune(
            zip + " --input 12 --params 0.2 --ignore cnn1* --criterion l2", folder.resolve("s.fb"));

    assertThat(share(figures, "params")).isCloseTo(0.8, within(0.05));
    SameDiff slim = SameDiff.load(folder.resolve("s.fb").toFile(), false);
    assertThat(slim.getVariable("cnn1/W").getArr().shape()).containsExactly(5, 5, 1, 20);
    assertThat(slim.getVariable("ffn1/W").getArr().size(1)).isEqualTo(500);

    JsonNode slimmer =
        prune(zip + " --input 12 --params 0.8 --dense-units", folder.resolve("units.fb"));
    assertThat(share(slimmer, "params")).isCloseTo(0.2, within(0.05));
    SameDiff units = SameDiff.load(folder.resolve("units.fb").toFile(), false);
    assertThat(units.getVariable("ffn1/W").getArr().size(1)).isLessThan(500);
    assertThat(units.getVariable("output/W").getArr().size(1)).isEqualTo(10);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prune | --model",
        "prune --model resnet18 | resnet18 is neither a file nor a network of the zoo",
        "prune --model resnet50 --input 64 | resnet50 needs images of at least 133x133 pixels",
        "prune --model vgg16 --input 31 | at least 32x32",
        "prune --model unet | unet is no classifier",
        "prune --model tinyyolo | tinyyolo is no classifier",
        "prune --model nasnet | nasnet cannot be built",
        "prune --model lenet --classes 7 | the data has 10 classes, got 7",
        "prune --model lenet --macs 0.5 --filters 0.5 | mutually exclusive",
        "prune --model lenet --params 1 | --params: the share to remove must be at least 0",
        "prune --model lenet --latency 1 | --latency: the share to remove must be at least 0",
        "prune --model lenet --input 0 | --input: must be at least 1, got 0",
        "prune --model lenet --batch 0 | --batch: must be at least 1, got 0",
        "prune --model lenet --training-epochs -1 | --training-epochs: must be at least 0, got -1",
        "prune --model lenet --learning-rate NaN | --learning-rate: must be above 0, got NaN",
        "prune --model lenet --round-to 0 | --round-to: must be at least 1",
        "prune --model lenet --pretrained imagenet | lenet has no weights for IMAGENET",
        "prune --model pom.xml | no SameDiff model",
        "prune --model pom.xml --pretrained mnist | only networks of the zoo",
        "prune --model lenet --train-images 64 --test-images 9 --input 8 --ignore cnn1 |"
            + " no layer matches \"cnn1\"; the nearest are [cnn1/conv2d",
        "prune --model lenet --data /no/such/folder | /no/such/folder is no folder",
        "prune --model lenet --out /no/such/folder/s.fb | does not exist",
      })
  void badInputIsExplainedAndNothingRuns(String commandLine, String message) {
    assertThat(execute(commandLine.strip().split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(message);
    assertThat(out.toString()).isEmpty();
  }

  private JsonNode prune(String options, Path slim) throws IOException {
    Path json = folder.resolve("figures.json");
    String all =
        "prune --train-images 160 --test-images 30 --batch 16 --out "
            + slim
            + " --json "
            + json
            + " --model "
            + options;
    assertThat(execute(all.split(" "))).as(err.toString()).isZero();
    return new ObjectMapper().readTree(json.toFile());
  }

  private static double share(JsonNode figures, String what) {
    return figures.get(what + "_after").asDouble() / figures.get(what + "_before").asDouble();
  }

  private int execute(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }
}
