package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.PruningCheck;
import org.samediff.pruning.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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

  @Option(
      names = "--shape",
      paramLabel = "NAME=N,...",
      description =
          "Shape of a placeholder that leaves more than its first axis open, e.g."
              + " image=2,3,64,64; filled with normal numbers. May be repeated.")
  private Map<String, String> shapes = new LinkedHashMap<>();

  @Override
  public Integer call() throws JsonProcessingException {
    Options.checkRatio(spec, "--ratio", ratio);
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new ParameterException(
          spec.commandLine(),
          file + " is no readable file; name one that SameDiff.save has written");
    }
    PruningCheck.Options options =
        new PruningCheck.Options(ratio, score, seed, allowInexact, inputs());
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

  private Map<String, INDArray> inputs() {
    Random random = new Random(seed);
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    shapes.forEach((name, text) -> inputs.put(name, normal(shape(name, text), random)));
    return inputs;
  }

  private long[] shape(String name, String text) {
    try {
      long[] shape = Arrays.stream(text.split(",", -1)).mapToLong(Long::parseLong).toArray();
      if (Arrays.stream(shape).allMatch(n -> n > 0)) {
        return shape;
      }
    } catch (NumberFormatException e) {
      // told below, as a number that is not positive is
    }
    throw new ParameterException(
        spec.commandLine(),
        "--shape " + name + ": sizes are whole numbers above zero, such as 2,3,64,64, got " + text);
  }

  private static INDArray normal(long[] shape, Random random) {
    float[] values =
        new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }
}
