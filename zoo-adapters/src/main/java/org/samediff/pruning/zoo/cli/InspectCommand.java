package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.GraphSummary;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.UnsupportedNetworkException;
import org.samediff.pruning.zoo.modelfile.ModelFileException;
import org.samediff.pruning.zoo.modelfile.ModelZip;
import org.samediff.pruning.zoo.modelfile.NetworkFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code inspect}: what a network is made of, and what of it can be cut. */
@Command(
    name = "inspect",
    description =
        "Shows the layers of a network with their parameters and multiply-accumulates, the groups of"
            + " channels that can only be cut together, and what cannot be cut, with the reason. The"
            + " file is only read.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "2:the command or its input is wrong"})
final class InspectCommand implements Callable<Integer> {
  private static final int CLASSES = 1000;
  private static final long SEED = 1;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "NAME|FILE",
      description = "A network of the zoo, a SameDiff file, or a zip that ModelSerializer wrote.")
  private String model;

  @Option(
      names = "--classes",
      paramLabel = "N",
      defaultValue = "" + CLASSES,
      description = "Classes of a zoo network; default ${DEFAULT-VALUE}.")
  private int classes;

  @Option(
      names = "--input",
      paramLabel = "SIDE",
      description = "Height and width of the images of a zoo network or a zip; default the zoo's.")
  private @Nullable Integer side;

  @Option(names = "--json", description = "Prints one JSON object instead.")
  private boolean json;

  @Option(names = "--dense-units", description = "Units of dense layers are to be cut as well.")
  private boolean denseUnits;

  @Mixin private ShapesOption shapes;

  @Override
  public Integer call() throws IOException {
    Options.checkAtLeastOne(spec, "--classes", classes);
    Options.checkAtLeastOne(spec, "--input", side);
    GraphSummary summary = summary();
    PrintWriter out = spec.commandLine().getOut();
    out.print(json ? new ObjectMapper().writeValueAsString(summary) + "\n" : summary.toString());
    out.flush();
    return 0;
  }

  private GraphSummary summary() {
    try {
      return GraphSummary.of(
          load(), shapes.inputs(SEED), CutScope.FILTERS.withDenseUnits(denseUnits));
    } catch (ModelFileException | PruningException | UnsupportedNetworkException e) {
      throw new ParameterException(spec.commandLine(), model + ": " + e.getMessage(), e);
    }
  }

  private SameDiff load() {
    Optional<ZooModels> zoo =
        Arrays.stream(ZooModels.values())
            .filter(z -> z.label().equals(model.toLowerCase(Locale.ROOT)))
            .findFirst();
    if (zoo.isPresent()) {
      int pixels = side == null ? zoo.get().defaultSide() : side;
      zoo.get().requireSide(pixels);
      int told = zoo.get().task() == ZooModels.Task.MASK ? 1 : classes;
      return convert(zoo.get().build(told, pixels, SEED), zoo.get().channels(), pixels);
    }
    Path file = Path.of(model);
    if (!Files.isRegularFile(file)) {
      throw new ParameterException(
          spec.commandLine(),
          model
              + " is neither a file nor a network of the zoo; there are "
              + Arrays.stream(ZooModels.values())
                  .map(ZooModels::label)
                  .collect(Collectors.joining(", ")));
    }
    if (NetworkFiles.holdsModel(file)) {
      Model network = ModelZip.read(file);
      return convert(network, ModelOption.channels(network), side);
    }
    return NetworkFiles.load(file, ConversionOptions.defaults()).graph();
  }

  private static SameDiff convert(Model network, int channels, @Nullable Integer pixels) {
    ConversionOptions options =
        ConversionOptions.defaults().withTrainingConfig(false).withDowngradesAllowed(true);
    if (pixels != null) {
      String input =
          network instanceof ComputationGraph graph
              ? graph.getConfiguration().getNetworkInputs().get(0)
              : "input";
      options = options.withInputShape(input, channels, pixels, pixels);
    }
    return NetworkFiles.convert(network, options).graph();
  }
}
