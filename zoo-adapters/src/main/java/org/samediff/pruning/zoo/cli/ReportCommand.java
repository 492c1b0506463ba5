package org.samediff.pruning.zoo.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.zoo.report.RunReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code report}: the page of a run, from its JSON. */
@Command(
    name = "report",
    description = "Makes the HTML page of a run from the JSON that prune --report has written.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "2:the command or its input is wrong; nothing was written"})
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The JSON file.")
  private Path json;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "report.html",
      description = "The page; default ${DEFAULT-VALUE}.")
  private Path out;

  @Override
  public Integer call() {
    Options.checkWritable(spec, "--out", out);
    RunReport report;
    try {
      report = RunReport.read(json);
    } catch (PruningException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    ModelFiles.write(out, report.toHtml().getBytes(StandardCharsets.UTF_8));
    return 0;
  }
}
