package org.samediff.pruning.zoo.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Where a run is to be shown. */
final class ReportOption {
  @Option(
      names = "--report",
      paramLabel = "FILE",
      description =
          "Also writes the run as one HTML page, and the same as JSON beside it under the name with"
              + " .json.")
  private @Nullable Path page;

  @Option(
      names = "--tensorboard",
      paramLabel = "DIR",
      description = "Also writes TensorBoard event files into a folder.")
  private @Nullable Path tensorBoard;

  @Option(
      names = "--ui-log",
      paramLabel = "FILE",
      description = "Also writes the log that SameDiff's UI reads; a new file.")
  private @Nullable Path uiLog;

  /**
   * That all can be written.
   *
   * @param json what --json names
   * @param resumes whether a run goes on, whose log may be there
   */
  void check(CommandSpec spec, @Nullable String json, boolean resumes) {
    if (page != null) {
      Options.checkWritable(spec, "--report", page);
      Options.checkWritable(spec, "--report", RunOutputs.json(page));
      if (json != null && Path.of(json).equals(RunOutputs.json(page))) {
        throw new ParameterException(
            spec.commandLine(),
            "--report: its JSON goes to " + json + ", which --json names too; rename one");
      }
    }
    if (uiLog != null) {
      Options.checkWritable(spec, "--ui-log", uiLog);
      if (Files.exists(uiLog) && !resumes) {
        throw new ParameterException(
            spec.commandLine(), "--ui-log: " + uiLog + " exists; name a new file");
      }
    }
    if (tensorBoard != null && Files.exists(tensorBoard) && !Files.isDirectory(tensorBoard)) {
      throw new ParameterException(
          spec.commandLine(), "--tensorboard: " + tensorBoard + " is a file; name a folder");
    }
  }

  private static @Nullable Path withSuffix(@Nullable Path file, String suffix) {
    return file == null ? null : Options.withSuffix(file, suffix);
  }

  /** For one run, under names longer by a suffix. */
  RunOutputs outputs(String suffix) {
    return new RunOutputs(
        withSuffix(page, suffix),
        tensorBoard == null ? null : tensorBoard.resolve("run" + suffix),
        withSuffix(uiLog, suffix));
  }
}
