package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.nets.DemoNetwork;
import org.samediff.pruning.zoo.run.CriteriaSweep;
import org.samediff.pruning.zoo.run.CriteriaSweep.Outcome;
import org.samediff.pruning.zoo.run.CriteriaTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code criteria}: which criterion keeps the most accuracy at which ratio. */
@Command(
    name = "criteria",
    description =
        "Prunes the demo networks with every criterion at every ratio and seed; prints a Markdown"
            + " table and, as the last line, an object with every outcome as JSON.",
    mixinStandardHelpOptions = true)
final class CriteriaCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private DataOption data;

  @Option(
      names = "--net",
      defaultValue = "both",
      description = "One of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private NetworkChoice choice;

  @Option(
      names = "--criteria",
      paramLabel = "NAME",
      split = ",",
      converter = CriterionConverter.class,
      description = "Criteria to compare; default all.")
  private List<Criterion> criteria = Criterion.all();

  @Option(
      names = "--macs",
      paramLabel = "RATIO",
      split = ",",
      defaultValue = "0.5,0.7,0.85",
      description = "Shares of the multiply-accumulates to remove; default ${DEFAULT-VALUE}.")
  private List<Double> macs;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,2,3",
      description = "One dense training each; default ${DEFAULT-VALUE}.")
  private List<Long> seeds;

  @Option(
      names = "--training-epochs",
      paramLabel = "N",
      defaultValue = "4",
      description = "Epochs of each dense training; default ${DEFAULT-VALUE}.")
  private int trainingEpochs;

  @Option(
      names = "--pruning-epochs",
      paramLabel = "N",
      defaultValue = "2",
      description = "Epochs of each pruning run; default ${DEFAULT-VALUE}.")
  private int pruningEpochs;

  @Option(
      names = "--train-images",
      paramLabel = "N",
      description = "Train on the first N images only; default all.")
  private int trainImages = Integer.MAX_VALUE;

  @Option(
      names = "--journal",
      paramLabel = "FILE",
      defaultValue = "criteria.journal",
      description =
          "Holds the outcomes until all are known; a command that was stopped goes on behind them"
              + " when it is given again. Default ${DEFAULT-VALUE}.")
  private Path journal;

  @Override
  public Integer call() throws IOException {
    macs.forEach(ratio -> Options.checkRatio(spec, "--macs", ratio));
    Options.checkAtLeastOne(spec, "--training-epochs", trainingEpochs);
    Options.checkAtLeastOne(spec, "--pruning-epochs", pruningEpochs);
    Options.checkAtLeastOne(spec, "--train-images", trainImages);
    FashionMnist all = data.load();
    FashionMnist images = new FashionMnist(all.train().first(trainImages), all.test());
    PrintWriter err = spec.commandLine().getErr();
    CriteriaSweep sweep =
        new CriteriaSweep(choice.networks(), criteria, macs, seeds, trainingEpochs, pruningEpochs);
    Options.checkWritable(spec, "--journal", journal);
    SweepJournal file = new SweepJournal(journal, settings(images.train().count()));
    List<Outcome> known = known(file);
    if (!known.isEmpty()) {
      err.printf("%d of %d are in %s and are not run again%n", known.size(), sweep.size(), journal);
    }
    Thread farewell =
        new Thread(() -> err.printf("stopped; the same command goes on behind %s%n", journal));
    Runtime.getRuntime().addShutdownHook(farewell);
    List<Outcome> outcomes =
        sweep.run(
            images,
            ConsoleProgress.to(err),
            known,
            outcome -> {
              file.add(outcome);
              print(outcome, err);
            });
    Runtime.getRuntime().removeShutdownHook(farewell);
    PrintWriter out = spec.commandLine().getOut();
    out.println(CriteriaTable.of(outcomes));
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode object = mapper.createObjectNode().put("name", "criteria");
    object.set("outcomes", mapper.valueToTree(outcomes));
    out.println(mapper.writeValueAsString(object));
    out.flush();
    file.remove();
    return 0;
  }

  private List<Outcome> known(SweepJournal file) throws IOException {
    try {
      return file.outcomes();
    } catch (PruningException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  /** Everything that outcomes depend on, in one line. */
  private String settings(int count) {
    return String.format(
        Locale.ROOT,
        "networks %s, criteria %s, macs %s, seeds %s, epochs %d + %d, images %d",
        choice.networks().stream().map(DemoNetwork::label).toList(),
        criteria.stream().map(Criterion::name).toList(),
        macs,
        seeds,
        trainingEpochs,
        pruningEpochs,
        count);
  }

  private static void print(Outcome outcome, PrintWriter err) {
    err.printf(
        Locale.ROOT,
        "%s seed %d, %s at %.2f: %.2f %% (dense %.2f %%)%n",
        outcome.network(),
        outcome.seed(),
        outcome.criterion(),
        outcome.macsTarget(),
        100 * outcome.accuracyCompacted(),
        100 * outcome.accuracyDense());
    err.flush();
  }
}
