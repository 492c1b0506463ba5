package org.samediff.pruning.zoo.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.samediff.pruning.error.PruningException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code resume}: goes on with a run of {@code prune}. */
@Command(
    name = "resume",
    description =
        "Goes on with a run of prune from its newest whole checkpoint, as if it had not been"
            + " interrupted: the result is the same to the last bit.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the run failed",
      "2:the command or its input is wrong",
      "130:stopped once more"
    })
final class ResumeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The folder that the stopped run has named.")
  private Path directory;

  @Override
  public Integer call() throws Exception {
    return execute(spec, directory, prune -> prune.resume(directory));
  }

  interface Action {
    int run(PruneCommand prune) throws Exception;
  }

  /** Runs something with the options of the run in a folder. */
  static int execute(CommandSpec spec, Path directory, Action action) throws Exception {
    try {
      RunFolder folder = new RunFolder(directory);
      CommandLine.ParseResult begun =
          Main.commandLine()
              .setOut(spec.commandLine().getOut())
              .setErr(spec.commandLine().getErr())
              .parseArgs(folder.arguments().toArray(String[]::new));
      if (!(begun.hasSubcommand()
          && begun.subcommand().commandSpec().userObject() instanceof PruneCommand prune)) {
        throw folder.damaged("it is not of prune");
      }
      return action.run(prune);
    } catch (PruningException e) {
      throw switch (e.code()) {
        case NO_CHECKPOINT, BAD_FILE, CHECKPOINT_MISMATCH, NOT_READY ->
            new ParameterException(spec.commandLine(), e.getMessage(), e);
        default -> e;
      };
    }
  }
}
