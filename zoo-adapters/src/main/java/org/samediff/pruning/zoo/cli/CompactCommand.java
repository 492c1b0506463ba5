package org.samediff.pruning.zoo.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code compact}: cuts what a run of {@code prune} has masked by now. */
@Command(
    name = "compact",
    description =
        "Cuts what a run of prune has masked, without training on: from its newest whole checkpoint,"
            + " once the partition is frozen and what is redundant has decayed.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:the run failed",
      "2:the command or its input is wrong, or the run has not come far enough"
    })
final class CompactCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The folder of the run's checkpoints.")
  private Path directory;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      required = true,
      description = "The compacted network.")
  private Path out;

  @Override
  public Integer call() throws Exception {
    Options.checkWritable(spec, "--out", out);
    return ResumeCommand.execute(
        spec, directory, PruneCommand.class, prune -> prune.compact(directory, out));
  }
}
