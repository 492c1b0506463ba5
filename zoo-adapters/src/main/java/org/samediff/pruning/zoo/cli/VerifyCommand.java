package org.samediff.pruning.zoo.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.deployment.Deployment;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.model.LoadOptions;
import org.samediff.pruning.model.Manifest;
import org.samediff.pruning.model.ModelFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code verify}: a file against its manifest, or two files against each other. */
@Command(
    name = "verify",
    description = {
      "With one file: checks it against the manifest beside it (FILE.json), every byte of it.",
      "With two: runs both graphs on generated inputs, in float and in double, and compares the"
          + " outputs that both have."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the file is whole, or the outputs are equal",
      "2:the command or its input is wrong",
      "3:the file is not what its manifest says, or an output differs"
    })
final class VerifyCommand implements Callable<Integer> {
  private static final int BATCH = 3;
  private static final int NOT_EQUAL = 3;

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "A SameDiff file.")
  private Path file;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "OTHER",
      description = "Another SameDiff file, to compare outputs with.")
  private @Nullable Path other;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Of the generated inputs; default ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private ShapesOption shapes;

  @Override
  public Integer call() {
    Options.checkReadable(spec, file);
    if (other == null) {
      return manifest();
    }
    Options.checkReadable(spec, other);
    return compare(load(file), load(other));
  }

  private int manifest() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      ModelFiles.load(file, LoadOptions.DEFAULT.requiringManifest());
      Manifest.FileEntry entry = Manifest.beside(file).orElseThrow().model().file();
      out.printf("WHOLE %s, %d bytes, SHA-256 %s%n", file, entry.bytes(), entry.sha256());
      return 0;
    } catch (PruningException e) {
      if (e.code() == PruningException.Code.NO_MANIFEST) {
        throw new ParameterException(spec.commandLine(), e.getMessage(), e);
      }
      out.println("NOT WHOLE " + e.code() + ": " + e.getMessage());
      return NOT_EQUAL;
    } finally {
      out.flush();
    }
  }

  private SameDiff load(Path path) {
    try {
      return ModelFiles.load(path);
    } catch (PruningException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private int compare(SameDiff first, SameDiff second) {
    List<String> outputs = new ArrayList<>(Deployment.outputs(first));
    outputs.retainAll(second.getVariables().keySet());
    if (outputs.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "no output of "
              + file
              + " "
              + Deployment.outputs(first)
              + " is in "
              + other
              + ", whose outputs are "
              + Deployment.outputs(second));
    }
    boolean equal = true;
    for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
      equal &= compare(first, second, outputs, type);
    }
    spec.commandLine().getOut().println(equal ? "EQUAL" : "DIFFERENT");
    spec.commandLine().getOut().flush();
    return equal ? 0 : NOT_EQUAL;
  }

  private boolean compare(SameDiff a, SameDiff b, List<String> outputs, DataType type) {
    SameDiff first = GraphCopy.from(a).withoutTraining().inPrecision(type).build();
    SameDiff second = GraphCopy.from(b).withoutTraining().inPrecision(type).build();
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    shapes.inputs(seed).forEach((name, array) -> inputs.put(name, array.castTo(type)));
    Map<String, INDArray> all = Probe.inputs(first, BATCH, seed, List.of(), inputs);
    Map<String, INDArray> expected = Probe.run(first, all, outputs);
    Map<String, INDArray> actual = Probe.run(second, all, outputs);
    boolean wide = type == DataType.DOUBLE;
    boolean equal = true;
    for (String name : outputs) {
      INDArray e = expected.get(name);
      double scale = e.amaxNumber().doubleValue();
      Difference d =
          wide
              ? Difference.between(e, actual.get(name), 1e-9 * scale, 1e-9)
              : Difference.between(e, actual.get(name), 1e-5, 1e-4);
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s %s: %s, largest difference %.3g of the largest value (%.9g and %.9g)%n",
              wide ? "double" : "float",
              name,
              d.within() ? "equal" : "DIFFERS",
              d.maxRelative(),
              d.expected(),
              d.actual());
      equal &= d.within();
    }
    return equal;
  }
}
