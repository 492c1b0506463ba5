package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.run.Classifier;
import org.samediff.pruning.zoo.run.Figures;
import org.samediff.pruning.zoo.run.FiguresTable;
import org.samediff.pruning.zoo.run.Progress;
import org.samediff.pruning.zoo.run.PruningRun;
import org.samediff.pruning.zoo.run.Recipe;
import org.samediff.pruning.zoo.run.RunWatch;
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
      "2:the command or its input is wrong; nothing was pruned",
      "130:stopped by Ctrl-C; a checkpoint is written, and the message says how to resume"
    })
final class PruneCommand implements Callable<Integer>, Resumable {
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
      names = "--dense-units",
      description =
          "Also cuts units of dense layers, where VGG16, for one, has most of its parameters.")
  private boolean denseUnits;

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

  @Option(
      names = "--checkpoints",
      paramLabel = "DIR",
      description = "Folder of this run's checkpoints; default the name of --out with .run.")
  private @Nullable Path checkpoints;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "STEPS",
      defaultValue = "0",
      description =
          "Writes a checkpoint at every so many steps; default ${DEFAULT-VALUE}, which writes one"
              + " on Ctrl-C only.")
  private int checkpointEvery;

  @Mixin private ReportOption report;

  @Override
  public Integer call() throws IOException {
    RunFolder folder = checkpoints == null ? RunFolder.beside(out) : new RunFolder(checkpoints);
    folder.requireNew(spec, "name another folder with --checkpoints");
    return run(folder.directory(), false, true);
  }

  @Override
  public int resume(Path directory) throws IOException {
    return run(directory, true, true);
  }

  /** Cuts what such a run has masked by now. */
  int compact(Path directory, Path file) throws IOException {
    out = file;
    return run(directory, true, false);
  }

  private int run(Path directory, boolean resumes, boolean trains) throws IOException {
    PruningRun.Settings settings = settings();
    report.check(spec, json, resumes);
    FashionMnist all = data.load();
    FashionMnist images =
        new FashionMnist(all.train().first(trainImages), all.test().first(testImages));
    Classifier classifier = model.load(images.train().classes(), seed);
    Progress progress = ConsoleProgress.to(spec.commandLine().getErr());
    RunFolder folder = new RunFolder(directory);
    return StagedRun.stoppable(
        spec,
        folder,
        interruption -> {
          try (RunOutputs outputs = report.outputs("")) {
            if (checkpointEvery > 0) {
              folder.begin(spec);
            }
            StagedRun staged =
                new StagedRun(folder, checkpointEvery, resumes, trains, interruption);
            PruningRun run = execute(staged, classifier, images, settings, progress, outputs);
            Figures figures = run.measure(out);
            outputs.write(run, figures);
            print(figures);
            return 0;
          }
        });
  }

  private PruningRun execute(
      StagedRun staged,
      Classifier classifier,
      FashionMnist images,
      PruningRun.Settings settings,
      Progress progress,
      RunWatch watch)
      throws IOException {
    Optional<Recipe> training =
        trainingEpochs == 0
            ? Optional.empty()
            : Optional.of(settings.recipe().withEpochs(trainingEpochs));
    try {
      return staged.execute(classifier, images, training, settings, seed, progress, watch);
    } catch (PruningException e) {
      if (e.code() == PruningException.Code.UNKNOWN_LAYER) {
        throw new ParameterException(spec.commandLine(), e.getMessage(), e);
      }
      throw e;
    }
  }

  private void print(Figures figures) throws IOException {
    PrintWriter stdout = spec.commandLine().getOut();
    stdout.println(FiguresTable.of(List.of(figures)));
    writeJson(figures, stdout);
    stdout.flush();
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
    if (checkpointEvery < 0) {
      throw new ParameterException(
          spec.commandLine(), "--checkpoint-every: must be at least 0, got " + checkpointEvery);
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
        ignored,
        denseUnits);
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
