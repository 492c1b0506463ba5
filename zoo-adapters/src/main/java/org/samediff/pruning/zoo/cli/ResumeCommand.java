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

/** {@code resume}: goes on with a run of {@code prune} or {@code demo}. */
@Command(
    name = "resume",
    description =
        "Goes on with a run of prune or demo from its newest whole checkpoint, as if it had not"
            + " been interrupted: the result is the same to the last bit.",
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
    return execute(spec, directory, Resumable.class, begun -> begun.resume(directory));
  }

  interface Action<T> {
    int run(T command) throws Exception;
  }

  /** Does something with the command that began the run in a folder, if it is of this kind. */
  static <T> int execute(CommandSpec spec, Path directory, Class<T> kind, Action<T> action)
      throws Exception {
    try {
      RunFolder folder = new RunFolder(directory);
      CommandLine.ParseResult begun =
          Main.commandLine()
              .setOut(spec.commandLine().getOut())
              .setErr(spec.commandLine().getErr())
              .parseArgs(folder.arguments().toArray(String[]::new));
      Object command = begun.hasSubcommand() ? begun.subcommand().commandSpec().userObject() : null;
      if (!kind.isInstance(command)) {
        throw folder.notResumable("it is of no command that can go on here");
      }
      return action.run(kind.cast(command));
    } catch (PruningException e) {
      throw switch (e.code()) {
        case NO_CHECKPOINT, BAD_FILE, CHECKPOINT_MISMATCH, NOT_READY ->
            new ParameterException(spec.commandLine(), e.getMessage(), e);
        default -> e;
      };
    }
  }
}
