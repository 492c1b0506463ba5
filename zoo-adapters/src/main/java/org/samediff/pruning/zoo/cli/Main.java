package org.samediff.pruning.zoo.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.zoo.modelfile.ModelFileException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line. Results go to standard output, progress and messages to standard error.
 *
 * <p>Exit codes: 0 done; 1 the run failed; 2 the command or its input is wrong, nothing was run;
 * verify-pruning has more.
 */
@Command(
    name = "samediff-pruning",
    description = "Structured pruning of convolutional SameDiff graphs.",
    mixinStandardHelpOptions = true,
    version = "samediff-pruning 0.1.0-SNAPSHOT",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      InspectCommand.class,
      PruneCommand.class,
      ResumeCommand.class,
      CompactCommand.class,
      VerifyCommand.class,
      BenchCommand.class,
      ReportCommand.class,
      DemoCommand.class,
      CriteriaCommand.class,
      VerifyPruningCommand.class,
      AutoComplete.GenerateCompletion.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the run failed",
      "2:the command or its input is wrong; nothing was run"
    })
public final class Main {
  private Main() {}

  /** Runs a command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.setProperty("logback.configurationFile", "samediff-pruning-cli-logback.xml");
    System.setOut(new QuietOutput(System.out));
    System.exit(commandLine().execute(args));
  }

  /** The commands, ready to execute. */
  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(Main::report);
  }

  /** Expected failures in one line; anything else with its stack trace. */
  private static int report(
      Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
    if (failure instanceof PruningException
        || failure instanceof ModelFileException
        || failure instanceof IOException) {
      command.getErr().println(command.getColorScheme().errorText(failure.getMessage()));
    } else {
      failure.printStackTrace(command.getErr());
    }
    return CommandLine.ExitCode.SOFTWARE;
  }

  /** Drops the line that ND4J prints for every op it differentiates. */
  private static final class QuietOutput extends PrintStream {
    QuietOutput(PrintStream out) {
      super(out, true, Charset.defaultCharset());
    }

    @Override
    public void println(String line) {
      if (line == null || !line.startsWith("Added differentiated op")) {
        super.println(line);
      }
    }
  }
}
