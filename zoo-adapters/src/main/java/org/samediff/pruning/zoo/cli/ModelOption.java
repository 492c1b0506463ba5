package org.samediff.pruning.zoo.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.zoo.PretrainedType;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.zoo.catalogue.ModelStore;
import org.samediff.pruning.zoo.catalogue.PretrainedSet;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.dl4j.UnsupportedNetworkException;
import org.samediff.pruning.zoo.modelfile.ModelFileException;
import org.samediff.pruning.zoo.modelfile.ModelZip;
import org.samediff.pruning.zoo.modelfile.NetworkFiles;
import org.samediff.pruning.zoo.run.Classifier;
import org.samediff.pruning.zoo.run.Classifiers;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** {@code --model} and what belongs to it: which network to work on. */
final class ModelOption {
  @Spec(Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "NAME|FILE",
      description =
          "A network of the zoo (alexnet, darknet19, facenetnn4small2, inceptionresnetv1, lenet,"
              + " resnet50, simplecnn, squeezenet, vgg16, vgg19, xception) with random weights, or a"
              + " file: SameDiff's, or a zip that ModelSerializer wrote.")
  private String model;

  @Option(
      names = "--pretrained",
      paramLabel = "SET",
      description =
          "Weights that Deeplearning4j publishes for a zoo network, such as mnist or imagenet;"
              + " fetched into its cache folder if they are not there.")
  private @Nullable PretrainedType pretrained;

  @Option(
      names = "--sha256",
      paramLabel = "DIGEST",
      description = "What the file of --pretrained must have.")
  private @Nullable String sha256;

  @Option(
      names = "--classes",
      paramLabel = "N",
      description = "Classes of a zoo network; default those of the data, which it must have.")
  private @Nullable Integer classes;

  @Option(
      names = "--input",
      paramLabel = "SIDE",
      description =
          "Height and width of the images in pixels; default the zoo's. Images are resized to it.")
  private @Nullable Integer side;

  /**
   * @param dataClasses that the data has
   * @throws ParameterException if there is no such network, or it does not fit the data
   */
  Classifier load(int dataClasses, long seed) {
    Options.checkAtLeastOne(spec, "--input", side);
    Options.checkAtLeastOne(spec, "--classes", classes);
    if (classes != null && classes != dataClasses) {
      throw wrong("--classes", "the data has " + dataClasses + " classes, got " + classes);
    }
    Optional<ZooModels> zoo = zooModel();
    try {
      if (zoo.isPresent()) {
        return fromZoo(zoo.get(), dataClasses, seed);
      }
      return fromFile(Path.of(model), dataClasses);
    } catch (ModelFileException e) {
      if (e.code() == ModelFileException.Code.OFFLINE
          || e.code() == ModelFileException.Code.DOWNLOAD_FAILED) {
        throw e;
      }
      throw wrong("--model", e.getMessage());
    } catch (PruningException | UnsupportedNetworkException e) {
      throw wrong("--model", e.getMessage());
    }
  }

  private Optional<ZooModels> zooModel() {
    Optional<ZooModels> found =
        Arrays.stream(ZooModels.values())
            .filter(zoo -> zoo.label().equals(model.toLowerCase(Locale.ROOT)))
            .findFirst();
    if (found.isEmpty() && !Files.isRegularFile(Path.of(model))) {
      throw wrong(
          "--model",
          model
              + " is neither a file nor a network of the zoo; there are "
              + Arrays.stream(ZooModels.values())
                  .map(ZooModels::label)
                  .collect(Collectors.joining(", ")));
    }
    if (found.isEmpty() && pretrained != null) {
      throw wrong("--pretrained", "only networks of the zoo have published weights");
    }
    return found;
  }

  private Classifier fromZoo(ZooModels zoo, int dataClasses, long seed) {
    if (zoo.task() != ZooModels.Task.CLASSES) {
      throw wrong(
          "--model",
          zoo.label()
              + " is no classifier; convert it with Dl4jConverter and prune it in a script of your"
              + " own");
    }
    int pixels = side == null ? zoo.defaultSide() : side;
    zoo.requireSide(pixels);
    Model network = zoo.build(dataClasses, pixels, seed);
    if (pretrained != null) {
      PretrainedSet set = zoo.pretrained(pretrained);
      network =
          ModelZip.read(ModelStore.standard().fetch(sha256 == null ? set : set.withSha256(sha256)));
    }
    return convert(network, zoo.label(), Optional.of(pixels), zoo.channels(), dataClasses);
  }

  private Classifier fromFile(Path file, int dataClasses) {
    String name = file.getFileName().toString();
    if (NetworkFiles.holdsModel(file)) {
      Model network = ModelZip.read(file);
      return convert(network, name, Optional.ofNullable(side), channels(network), dataClasses);
    }
    ConvertedNetwork network = NetworkFiles.load(file, ConversionOptions.defaults());
    return Classifiers.of(network, name, Optional.ofNullable(side), dataClasses);
  }

  private static Classifier convert(
      Model network, String name, Optional<Integer> side, int channels, int dataClasses) {
    ConversionOptions options =
        ConversionOptions.defaults().withTrainingConfig(false).withDowngradesAllowed(true);
    if (side.isPresent()) {
      String input =
          network instanceof ComputationGraph graph
              ? graph.getConfiguration().getNetworkInputs().get(0)
              : "input";
      options = options.withInputShape(input, channels, side.get(), side.get());
    }
    return Classifiers.of(NetworkFiles.convert(network, options), name, side, dataClasses);
  }

  /**
   * Input channels of the first convolution, whose weights are {@code [out, in, rows, columns]}.
   */
  static int channels(Model network) {
    for (Map.Entry<String, INDArray> parameter : network.paramTable().entrySet()) {
      if (parameter.getValue().rank() == 4) {
        return (int) parameter.getValue().size(1);
      }
    }
    return 1;
  }

  private ParameterException wrong(String option, String message) {
    return new ParameterException(spec.commandLine(), option + ": " + message);
  }
}
