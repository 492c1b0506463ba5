package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.samediff.pruning.PruningCheck;
import org.samediff.pruning.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify-pruning}: can this graph be pruned, tried without data or training. */
@Command(
    name = "verify-pruning",
    description =
        "Tries whether a SameDiff graph can be pruned: scores its filters by their weights, sets the"
            + " lowest to zero, removes them and compares both graphs on generated inputs, in float"
            + " and double. The file is only read. Prints the verdict and, as the last line, one"
            + " JSON object.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:EQUAL, masked and compacted graph compute the same",
      "2:the command or its input is wrong; nothing was run",
      "3:INEXACT, the cut changes outputs in a way that was foreseen and allowed",
      "4:REFUSED, nothing can be cut, or the graph does not run",
      "5:DIFFERENT, a fault of this program; please report it"
    })
final class VerifyPruningCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "A graph that SameDiff.save has written.")
  private Path file;

  @Option(
      names = "--ratio",
      paramLabel = "RATIO",
      defaultValue = "0.5",
      description = "Share of each group's channels to cut; default ${DEFAULT-VALUE}.")
  private double ratio;

  @Option(
      names = "--criterion",
      paramLabel = "NAME",
      defaultValue = "l2",
      description = "One of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private PruningCheck.Score score;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Of random scores and generated inputs; default ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--allow-inexact",
      description = "Also cut what changes outputs in a way that is known beforehand.")
  private boolean allowInexact;

  @Option(names = "--dense-units", description = "Also cut the units of dense layers.")
  private boolean denseUnits;

  @Mixin private ShapesOption shapes;

  @Override
  public Integer call() throws JsonProcessingException {
    Options.checkRatio(spec, "--ratio", ratio);
    Options.checkReadable(spec, file);
    PruningCheck.Options options =
        new PruningCheck.Options(ratio, score, seed, allowInexact, denseUnits, shapes.inputs(seed));
    Verdict verdict = PruningCheck.of(file, options);
    PrintWriter out = spec.commandLine().getOut();
    out.print(verdict);
    out.println(new ObjectMapper().writeValueAsString(VerdictJson.of(verdict, options)));
    out.flush();
    return exitCode(verdict);
  }

  static int exitCode(Verdict verdict) {
    if (verdict instanceof Verdict.Equal) {
      return 0;
    }
    if (verdict instanceof Verdict.Inexact) {
      return 3;
    }
    return verdict instanceof Verdict.Refused ? 4 : 5;
  }
}
