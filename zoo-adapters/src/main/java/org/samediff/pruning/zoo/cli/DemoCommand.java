package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.nets.DemoNetwork;
import org.samediff.pruning.zoo.run.Classifier;
import org.samediff.pruning.zoo.run.Figures;
import org.samediff.pruning.zoo.run.FiguresTable;
import org.samediff.pruning.zoo.run.Progress;
import org.samediff.pruning.zoo.run.PruningRun;
import org.samediff.pruning.zoo.run.Recipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code demo}: from a training script to a smaller model, measured. */
@Command(
    name = "demo",
    description =
        "Trains a small ResNet and a small VGG on Fashion-MNIST, prunes them while they train on,"
            + " compacts, verifies and saves them, and prints what was measured.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the run failed",
      "2:the command or its input is wrong",
      "130:stopped by Ctrl-C; a checkpoint is written, and the message says how to resume"
    })
final class DemoCommand implements Callable<Integer>, Resumable {
  private static final String STANDARD_OUTPUT = "-";

  @Spec private CommandSpec spec;

  @Mixin private DataOption data;

  @Option(
      names = "--net",
      defaultValue = "both",
      description = "One of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private NetworkChoice choice;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Epochs of dense training, and again of pruning; default 3.")
  private @Nullable Integer epochs;

  @Option(
      names = "--macs",
      paramLabel = "RATIO",
      defaultValue = "0.5",
      description = "Share of the multiply-accumulates to remove; default ${DEFAULT-VALUE}.")
  private double macs;

  @Option(
      names = "--criterion",
      paramLabel = "NAME",
      defaultValue = "two-factor",
      converter = CriterionConverter.class,
      description = "What chooses the filters; default ${DEFAULT-VALUE}.")
  private Criterion criterion;

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
      description =
          "The compacted network; with two networks each name gets its own,"
              + " slim-resnet.fb and slim-vgg.fb. Default ${DEFAULT-VALUE}.")
  private Path out;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also writes the figures as one JSON object; - is standard output.")
  private @Nullable String json;

  @Mixin private ReportOption report;

  @Override
  public Integer call() throws IOException {
    RunFolder folder = RunFolder.beside(out);
    folder.requireNew(spec, "name another file with --out");
    return run(folder, false);
  }

  @Override
  public int resume(Path directory) throws IOException {
    return run(new RunFolder(directory), true);
  }

  private int run(RunFolder folder, boolean resumes) throws IOException {
    Options.checkRatio(spec, "--macs", macs);
    Options.checkAtLeastOne(spec, "--epochs", epochs);
    Options.checkWritable(spec, "--out", out);
    if (json != null && !json.equals(STANDARD_OUTPUT)) {
      Options.checkWritable(spec, "--json", Path.of(json));
    }
    report.check(spec, json, resumes);
    FashionMnist images = data.load();
    return StagedRun.stoppable(
        spec,
        folder,
        interruption -> {
          List<Figures> runs = new ArrayList<>();
          try {
            for (DemoNetwork network : choice.networks()) {
              RunFolder own = folder.of(network.label());
              runs.add(run(network, images, new StagedRun(own, 0, resumes, true, interruption)));
            }
          } catch (PruningException e) {
            if (e.code() == PruningException.Code.STOPPED) {
              for (Figures done : runs) {
                folder.of(done.network()).keepFigures(done);
              }
            }
            throw e;
          }
          PrintWriter stdout = spec.commandLine().getOut();
          stdout.println(FiguresTable.of(runs));
          writeJson(runs, stdout);
          stdout.flush();
          return 0;
        });
  }

  private Figures run(DemoNetwork network, FashionMnist images, StagedRun staged)
      throws IOException {
    Optional<Figures> stored =
        staged.resumes() ? staged.folder().storedFigures() : Optional.empty();
    if (stored.isPresent()) {
      return stored.get();
    }
    Progress progress = ConsoleProgress.to(spec.commandLine().getErr());
    Recipe training = Recipe.training();
    Recipe pruning = Recipe.pruning();
    if (epochs != null) {
      training = training.withEpochs(epochs);
      pruning = pruning.withEpochs(epochs);
    }
    PruningRun.Settings settings = PruningRun.Settings.macs(criterion, macs, pruning);
    String suffix = choice.networks().size() == 1 ? "" : "-" + network.label();
    try (RunOutputs outputs = report.outputs(suffix)) {
      PruningRun run =
          staged.execute(
              Classifier.of(network, seed),
              images,
              Optional.of(training),
              settings,
              seed,
              progress,
              outputs);
      Figures figures = run.measure(Options.withSuffix(out, suffix));
      outputs.write(run, figures);
      return figures;
    }
  }

  /** The first network's figures at the top, the second's under its name. */
  private void writeJson(List<Figures> runs, PrintWriter stdout) throws IOException {
    if (json == null) {
      return;
    }
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode object = mapper.valueToTree(runs.get(0));
    for (Figures run : runs.subList(1, runs.size())) {
      object.set(run.network(), mapper.valueToTree(run));
    }
    if (json.equals(STANDARD_OUTPUT)) {
      stdout.println(mapper.writeValueAsString(object));
    } else {
      Files.writeString(Path.of(json), mapper.writeValueAsString(object) + "\n");
    }
  }
}
