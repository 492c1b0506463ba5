package org.samediff.pruning.graph;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.ops.TrainableBatchNorm;

/**
 * Refuses a graph that SameDiff would train or save as something else than what was built.
 *
 * <p>SameDiff 1.0.0-M2.1 clones every op through FlatBuffers when it makes the gradient function
 * and when it saves, and loses what an op class does not write: another variance estimator, another
 * weights format, without a word. The check runs the graph plainly, in its gradient function and
 * after save and load, on the same inputs, and names the first op whose output differs. What the
 * backward pass would do with a convolution's weights format is read from its arguments.
 *
 * <p>A batch norm uses batch statistics in the gradient function by design; for the comparison the
 * plain run is given the same statistics. Activations behind random ops (dropout) are not compared.
 * The file round trip is left out above {@link #LARGEST_FILE} bytes of weights: it uses the same
 * encoder as the gradient function.
 */
public final class AdmissionCheck {
  /** Weights in bytes above which no file is written. */
  public static final long LARGEST_FILE = 256L << 20;

  private static final double ABSOLUTE = 1e-5;
  private static final double RELATIVE = 1e-4;

  private AdmissionCheck() {}

  /**
   * Checks a graph, which is not changed.
   *
   * @param inputs arrays for every placeholder
   * @throws PruningException NOT_ADMITTED with the op and both values; NON_FINITE with an op that
   *     gives no number in a plain run either
   */
  public static void require(SameDiff sd, Map<String, INDArray> inputs) {
    SameDiff copy = sharing(sd);
    SameDiff gradients;
    try {
      gradients = GradientFunction.of(copy);
    } catch (RuntimeException e) {
      throw new PruningException(
          PruningException.Code.NOT_ADMITTED,
          "SameDiff cannot differentiate "
              + culprits(GraphView.of(sd), e)
              + ": "
              + e.getMessage()
              + ". Replace the op; docs/faq.md lists forms that work",
          e);
    }
    requireWeightsFormats(GraphView.of(gradients));
    GraphView view = GraphView.of(sd);
    List<String> compared = comparable(view);
    Map<String, INDArray> inTraining = run(gradients, inputs, compared);
    adoptBatchStatistics(copy, gradients, inputs);
    Map<String, INDArray> plain = run(copy, inputs, compared);
    compare(view, compared, plain, inTraining, "in training");
    requireRightExtrema(view, inputs, plain);
    if (bytes(view) <= LARGEST_FILE) {
      compare(view, compared, plain, run(reloaded(copy), inputs, compared), "after save and load");
    }
  }

  private static Map<String, INDArray> run(
      SameDiff sd, Map<String, INDArray> inputs, List<String> variables) {
    try {
      return Probe.run(sd, inputs, variables);
    } catch (RuntimeException e) {
      throw new PruningException(
          PruningException.Code.NOT_ADMITTED,
          "SameDiff cannot run this graph on inputs "
              + inputs.keySet()
              + ": "
              + e.getMessage()
              + ". Repair the op it names first",
          e);
    }
  }

  /** The ops whose class the exception comes from, as far as message and stack trace tell. */
  private static String culprits(GraphView view, RuntimeException e) {
    Set<String> found = new TreeSet<>();
    for (GraphView.Op op : view.ops()) {
      String type = op.function().getClass().getName();
      boolean inMessage = e.getMessage() != null && e.getMessage().endsWith(type);
      boolean inTrace =
          Arrays.stream(e.getStackTrace())
              .anyMatch(f -> f.getClassName().equals(type) && f.getMethodName().equals("doDiff"));
      if (inMessage || inTrace) {
        found.add(op.type() + " \"" + op.output() + "\"");
      }
    }
    return found.isEmpty() ? "this graph" : String.join(" or ", found);
  }

  /**
   * The backward op of a convolution must know the weights' format; with equal sides a wrong one is
   * no error, only another gradient.
   */
  private static void requireWeightsFormats(GraphView gradients) {
    for (GraphView.Op backward : gradients.ops()) {
      if (!backward.type().endsWith("conv2d_bp")) {
        continue;
      }
      for (GraphView.Op conv : gradients.consumers(backward.input(1))) {
        if (backward.type().equals(conv.type() + "_bp")
            && conv.input(0).equals(backward.input(0))
            && weightsFormat(conv) != weightsFormat(backward)) {
          throw new PruningException(
              PruningException.Code.NOT_ADMITTED,
              String.format(
                  Locale.ROOT,
                  "%s \"%s\" has weights in the format %s, and ND4J 1.0.0-M2.1 takes them for %s in"
                      + " its gradient. Permute \"%s\" to YXIO, [kH, kW, in, out]",
                  conv.type(),
                  conv.output(),
                  weightsFormat(conv),
                  weightsFormat(backward),
                  conv.input(1)));
        }
      }
    }
  }

  /**
   * The derivative of {@code minimum} by an operand that is broadcast is not summed over what it is
   * broadcast along, and that of {@code maximum} is not always where the operand is one number.
   */
  private static void requireRightExtrema(
      GraphView view, Map<String, INDArray> inputs, Map<String, INDArray> run) {
    for (GraphView.Op op : view.ops()) {
      boolean minimum = op.type().equals("minimum");
      if (!minimum && !op.type().equals("maximum")) {
        continue;
      }
      INDArray result = run.get(op.output());
      for (String in : op.inputs()) {
        INDArray operand =
            view.variable(in).stored()
                ? view.variable(in).array()
                : inputs.getOrDefault(in, run.get(in));
        if (result == null || operand == null || operand.length() == result.length()) {
          continue;
        }
        if ((minimum || operand.length() == 1) && dependsOnTrainable(view, in)) {
          throw new PruningException(
              PruningException.Code.NOT_ADMITTED,
              String.format(
                  Locale.ROOT,
                  "%s \"%s\" broadcasts \"%s\" from %d to %d elements, and ND4J 1.0.0-M2.1 computes a"
                      + " wrong gradient for it then. Give it the full shape first, e.g. by adding it"
                      + " to zeros of that shape",
                  op.type(),
                  op.output(),
                  in,
                  operand.length(),
                  result.length()));
        }
      }
    }
  }

  private static boolean dependsOnTrainable(GraphView view, String variable) {
    return view.variable(variable).trainable()
        || view.producer(variable).stream()
            .flatMap(op -> op.inputs().stream())
            .anyMatch(in -> dependsOnTrainable(view, in));
  }

  /** Integer argument 10: kH kW sH sW pH pW dH dW mode nhwc format. */
  private static WeightsFormat weightsFormat(GraphView.Op op) {
    long[] arguments = ((DynamicCustomOp) op.function()).iArgs();
    return arguments.length > 10 ? WeightsFormat.values()[(int) arguments[10]] : WeightsFormat.YXIO;
  }

  /** A copy that shares the source's arrays, except constants, which the check may overwrite. */
  private static SameDiff sharing(SameDiff sd) {
    GraphView view = GraphView.of(sd);
    return GraphCopy.from(sd)
        .withoutUpdaterState()
        .arrays((name, a) -> view.variable(name).trainable() ? a : a.dup(a.ordering()))
        .build();
  }

  private static List<String> comparable(GraphView view) {
    Set<String> random = RandomNumbers.behind(view);
    return view.ops().stream()
        .flatMap(op -> op.outputs().stream())
        .filter(out -> !random.contains(out) && view.variable(out).dtype().isFPType())
        .toList();
  }

  private static void adoptBatchStatistics(
      SameDiff copy, SameDiff gradients, Map<String, INDArray> inputs) {
    Map<String, String> runningByMoment = new LinkedHashMap<>();
    gradients
        .getOps()
        .values()
        .forEach(
            op -> {
              if (op.getOp() instanceof TrainableBatchNorm bn) {
                String[] running = bn.runningAverageNames();
                for (int i = 0; i < running.length; i++) {
                  runningByMoment.put(op.getInputsToOp().get(1 + i), running[i]);
                }
              }
            });
    if (!runningByMoment.isEmpty()) {
      run(gradients, inputs, List.copyOf(runningByMoment.keySet()))
          .forEach((moment, a) -> copy.getVariable(runningByMoment.get(moment)).getArr().assign(a));
    }
  }

  private static void compare(
      GraphView view,
      List<String> names,
      Map<String, INDArray> expected,
      Map<String, INDArray> actual,
      String when) {
    for (String name : names) {
      Difference d = Difference.between(expected.get(name), actual.get(name), ABSOLUTE, RELATIVE);
      if (!d.within()) {
        GraphView.Op op = view.producer(name).orElseThrow();
        if (!Double.isFinite(d.expected()) && !Double.isFinite(d.actual())) {
          throw nonFinite(view, names, expected);
        }
        throw new PruningException(
            PruningException.Code.NOT_ADMITTED,
            String.format(
                Locale.ROOT,
                "%s \"%s\" computes something else %s than in a plain run: %.6g instead of %.6g. ND4J"
                    + " 1.0.0-M2.1 loses an attribute of this op when it clones the graph; replace the"
                    + " op (docs/faq.md lists forms that work)",
                op.type(),
                op.output(),
                when,
                d.actual(),
                d.expected()));
      }
    }
  }

  /** Names the first op that gives infinity or NaN. */
  private static PruningException nonFinite(
      GraphView view, List<String> names, Map<String, INDArray> run) {
    String first =
        names.stream()
            .filter(n -> !Double.isFinite(run.get(n).sumNumber().doubleValue()))
            .findFirst()
            .orElseThrow();
    return new PruningException(
        PruningException.Code.NON_FINITE,
        String.format(
            Locale.ROOT,
            "%s \"%s\" gives NaN or infinity in a plain run on these inputs. Pass example inputs"
                + " that the graph is made for, apply(sd, inputs), or mend what reaches the op",
            view.producer(first).orElseThrow().type(),
            first));
  }

  private static SameDiff reloaded(SameDiff sd) {
    Path file = null;
    try {
      file = Files.createTempFile("samediff-pruning", ".fb");
      File asFile = file.toFile();
      sd.save(asFile, false);
      return SameDiff.load(asFile, false);
    } catch (IOException e) {
      throw new PruningException(
          PruningException.Code.IO, "cannot write a temporary file for the admission check", e);
    } catch (RuntimeException e) {
      throw new PruningException(
          PruningException.Code.NOT_ADMITTED,
          "SameDiff cannot save this graph and load it again: " + e.getMessage(),
          e);
    } finally {
      if (file != null) {
        file.toFile().delete();
      }
    }
  }

  private static long bytes(GraphView view) {
    long total = 0;
    for (GraphView.Var v : view.variables()) {
      if (v.stored()) {
        total += v.array().length() * v.dtype().width();
      }
    }
    return total;
  }
}
