package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.deployment.Deployment;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.latency.Latency;
import org.samediff.pruning.model.ModelFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench}: two graphs in turns. */
@Command(
    name = "bench",
    description =
        "Times one inference of two graphs in turns, on generated inputs: medians in milliseconds and"
            + " the median of the ratios of each round, which a change in the machine's load hardly"
            + " touches. Up to ten seconds for each batch size; the last line is one JSON object.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "2:the command or its input is wrong"})
final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "DENSE", description = "A SameDiff file.")
  private Path dense;

  @Parameters(index = "1", paramLabel = "SLIM", description = "The file to compare it with.")
  private Path slim;

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      defaultValue = "1,32",
      description = "Examples of one inference; default ${DEFAULT-VALUE}.")
  private List<Integer> batches;

  @Mixin private ShapesOption shapes;

  @Override
  public Integer call() throws IOException {
    batches.forEach(batch -> Options.checkAtLeastOne(spec, "--batch", batch));
    SameDiff before = load(dense);
    SameDiff after = load(slim);
    List<String> outputs = new ArrayList<>(Deployment.outputs(before));
    outputs.retainAll(after.getVariables().keySet());
    if (outputs.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "no output of " + dense + " " + Deployment.outputs(before) + " is in " + slim);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%8s %12s %12s %10s%n", "batch", "dense, ms", "slim, ms", "faster");
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("name", "bench");
    for (int batch : batches) {
      Map<String, INDArray> inputs = Probe.inputs(before, batch, 1, List.of(), shapes.inputs(1));
      Latency latency = Latency.compare(before, after, inputs, outputs, 1);
      out.printf(
          Locale.ROOT,
          "%8d %12.2f %12.2f %9.2fx%n",
          batch,
          latency.before(),
          latency.after(),
          1 / latency.reached());
      json.putObject("batch_" + batch)
          .put("dense_ms", latency.before())
          .put("slim_ms", latency.after())
          .put("x", 1 / latency.reached());
    }
    out.println(json);
    out.flush();
    return 0;
  }

  private SameDiff load(Path file) {
    Options.checkReadable(spec, file);
    try {
      return ModelFiles.load(file);
    } catch (PruningException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }
}
