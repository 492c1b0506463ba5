package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.demo.Classifier;
import org.samediff.pruning.zoo.demo.DenseNetwork;
import org.samediff.pruning.zoo.demo.Figures;
import org.samediff.pruning.zoo.demo.FiguresTable;
import org.samediff.pruning.zoo.demo.Progress;
import org.samediff.pruning.zoo.demo.PruningRun;
import org.samediff.pruning.zoo.demo.Recipe;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code prune}: a network of the zoo or of a file, trained while it is pruned. */
@Command(
    name = "prune",
    description =
        "Builds or loads a network, prunes it while it trains on labelled images, compacts, verifies"
            + " and saves it as a SameDiff file, and prints what was measured.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the run failed, or the weights could not be fetched",
      "2:the command or its input is wrong; nothing was pruned"
    })
final class PruneCommand implements Callable<Integer> {
  private static final String STANDARD_OUTPUT = "-";
  private static final double L2 = 5e-4;

  @Spec private CommandSpec spec;

  @Mixin private ModelOption model;

  @Mixin private DataOption data;

  @ArgGroup(exclusive = true)
  private TargetOption target = new TargetOption();

  @Option(
      names = "--criterion",
      paramLabel = "NAME",
      defaultValue = "two-factor",
      converter = CriterionConverter.class,
      description = "What chooses the filters; default ${DEFAULT-VALUE}.")
  private Criterion criterion;

  @Option(
      names = "--training-epochs",
      paramLabel = "N",
      defaultValue = "0",
      description = "Epochs of dense training before; default ${DEFAULT-VALUE}.")
  private int trainingEpochs;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      defaultValue = "2",
      description = "Epochs of training while pruning; default ${DEFAULT-VALUE}.")
  private int epochs;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "32",
      description = "Images per step; default ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--learning-rate",
      paramLabel = "RATE",
      defaultValue = "0.01",
      description =
          "Its peak; it rises to it and falls to nothing, with momentum 0.9. Default"
              + " ${DEFAULT-VALUE}.")
  private double learningRate;

  @Option(
      names = "--train-images",
      paramLabel = "N",
      description = "Train on the first N images only; default all.")
  private int trainImages = Integer.MAX_VALUE;

  @Option(
      names = "--test-images",
      paramLabel = "N",
      description = "Measure on the first N images only; default all.")
  private int testImages = Integer.MAX_VALUE;

  @Option(
      names = "--round-to",
      paramLabel = "N",
      defaultValue = "1",
      description = "Filters that stay in a layer are a multiple of N; default ${DEFAULT-VALUE}.")
  private int roundTo;

  @Option(
      names = "--ignore",
      paramLabel = "LAYER",
      split = ",",
      description = "Layers that keep their inputs and filters: names, globs, op:TYPE.")
  private List<String> ignored = List.of();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of weights and batches; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "slim.fb",
      description = "The compacted network; default ${DEFAULT-VALUE}.")
  private Path out;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also writes the figures as one JSON object; - is standard output.")
  private @Nullable String json;

  @Override
  public Integer call() throws IOException {
    PruningRun.Settings settings = settings();
    FashionMnist all = data.load();
    FashionMnist images =
        new FashionMnist(all.train().first(trainImages), all.test().first(testImages));
    Classifier classifier = model.load(images.train().classes(), seed);
    Progress progress = ConsoleProgress.to(spec.commandLine().getErr());
    DenseNetwork dense =
        trainingEpochs == 0
            ? DenseNetwork.untrained(classifier, images, seed)
            : DenseNetwork.train(
                classifier, images, settings.recipe().withEpochs(trainingEpochs), seed, progress);
    Figures figures = prune(dense, settings, images, progress).measure(out);
    PrintWriter stdout = spec.commandLine().getOut();
    stdout.println(FiguresTable.of(List.of(figures)));
    writeJson(figures, stdout);
    stdout.flush();
    return 0;
  }

  private PruningRun prune(
      DenseNetwork dense, PruningRun.Settings settings, FashionMnist images, Progress progress) {
    try {
      return PruningRun.execute(dense, settings, images, progress);
    } catch (PruningException e) {
      if (e.code() == PruningException.Code.UNKNOWN_LAYER) {
        throw new ParameterException(spec.commandLine(), e.getMessage(), e);
      }
      throw e;
    }
  }

  private PruningRun.Settings settings() {
    Options.checkAtLeastOne(spec, "--epochs", epochs);
    Options.checkAtLeastOne(spec, "--batch", batch);
    Options.checkAtLeastOne(spec, "--train-images", trainImages);
    Options.checkAtLeastOne(spec, "--test-images", testImages);
    Options.checkAtLeastOne(spec, "--round-to", roundTo);
    Options.checkWritable(spec, "--out", out);
    if (json != null && !json.equals(STANDARD_OUTPUT)) {
      Options.checkWritable(spec, "--json", Path.of(json));
    }
    if (trainingEpochs < 0) {
      throw new ParameterException(
          spec.commandLine(), "--training-epochs: must be at least 0, got " + trainingEpochs);
    }
    if (!(learningRate > 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new ParameterException(
          spec.commandLine(), "--learning-rate: must be above 0, got " + learningRate);
    }
    return new PruningRun.Settings(
        criterion,
        target.target(spec),
        new Recipe(epochs, batch, learningRate, L2),
        roundTo,
        ignored);
  }

  private void writeJson(Figures figures, PrintWriter stdout) throws IOException {
    if (json == null) {
      return;
    }
    String text = new ObjectMapper().writeValueAsString(figures);
    if (json.equals(STANDARD_OUTPUT)) {
      stdout.println(text);
    } else {
      Files.writeString(Path.of(json), text + "\n");
    }
  }
}
