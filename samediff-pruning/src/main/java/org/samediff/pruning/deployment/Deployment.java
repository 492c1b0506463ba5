package org.samediff.pruning.deployment;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.deployment.DeploymentPass.Context;
import org.samediff.pruning.deployment.DeploymentPass.Step;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.graph.RandomNumbers;

/**
 * Makes a deployment graph: drops what only training needs, computes constants, folds batch norm
 * and other per-channel ops into weights, and puts maps into the layout that is fast. Dropout is
 * passed through. The result is proven to give the same outputs: float32 {@code |a - e| <= 1e-5 +
 * 1e-4 |e|}, double {@code 1e-9 (1 + |e|)}.
 */
public final class Deployment {
  private static final int BATCH = 2;
  private static final long SEED = 42;

  private static final List<DeploymentPass> PASSES =
      List.of(
          new UnusedOps(true),
          new PassThrough(),
          new ConstantFolding(),
          new AffineFolding(),
          new UnusedOps(false),
          new ChannelsLast());

  private Deployment() {}

  /** {@link #of(SameDiff, List, Map)} with generated inputs and {@link #outputs}. */
  public static DeploymentGraph of(SameDiff sd) {
    return of(sd, outputs(sd), Map.of());
  }

  /**
   * The deployment graph of a graph, which is only read.
   *
   * @param outputs what it is to compute, at least one; their names stay
   * @param exampleInputs arrays for placeholders that the outputs need; the others are generated,
   *     which needs a declared shape with no axis open but the first
   * @throws PruningException BAD_OPTION for an output that does not exist, is not computed by an op
   *     or depends on drawn numbers, or a placeholder without shape; DAMAGED_GRAPH; NON_FINITE for
   *     outputs that are no numbers on these inputs; NOT_EQUAL if the proof fails
   */
  public static DeploymentGraph of(
      SameDiff sd, List<String> outputs, Map<String, INDArray> exampleInputs) {
    GraphVerifier.require(sd);
    SameDiff reference = RandomNumbers.withoutDropout(sd);
    requireOutputs(reference, outputs);
    SameDiff needed =
        new UnusedOps(false).apply(reference, new Context(outputs, Map.of(), Map.of())).graph();
    Map<String, INDArray> inputs = Probe.inputs(needed, BATCH, SEED, List.of(), exampleInputs);
    Context context = new Context(List.copyOf(outputs), inputs, Probe.shapes(needed, inputs));
    Map<String, INDArray> expected = Probe.run(needed, inputs, outputs);
    Map<String, Integer> changes = new LinkedHashMap<>();
    SameDiff graph = sd;
    for (DeploymentPass pass : PASSES) {
      Step step = pass.apply(graph, context);
      graph = step.graph();
      if (step.changes() > 0) {
        changes.merge(pass.name(), step.changes(), Integer::sum);
      }
    }
    GraphVerifier.require(graph);
    Difference difference = prove(expected, Probe.run(graph, inputs, outputs));
    return new DeploymentGraph(
        graph, context.outputs(), difference, Collections.unmodifiableMap(changes));
  }

  /**
   * What a graph computes without labels: activations that no op reads, or that only ops behind
   * labels read, the loss excepted. Sorted by name.
   *
   * @throws PruningException BAD_OPTION if there is none; name the outputs then
   */
  public static List<String> outputs(SameDiff sd) {
    GraphView view = GraphView.of(sd);
    Set<String> training = new HashSet<>(view.lossVariables());
    if (sd.getTrainingConfig() != null && sd.getTrainingConfig().getDataSetLabelMapping() != null) {
      training.addAll(sd.getTrainingConfig().getDataSetLabelMapping());
    }
    for (GraphView.Var v : view.variables()) {
      List<GraphView.Op> readers = view.consumers(v.name());
      boolean label =
          v.type() == VariableType.PLACEHOLDER
              && !readers.isEmpty()
              && readers.stream().allMatch(op -> view.lossVariables().containsAll(op.outputs()));
      training.addAll(label ? List.of(v.name()) : List.of());
    }
    for (GraphView.Op op : view.ops()) {
      if (op.inputs().stream().anyMatch(training::contains)) {
        training.addAll(op.outputs());
      }
    }
    Set<String> outputs = new LinkedHashSet<>();
    for (GraphView.Var v : view.variables()) {
      if (v.type() == VariableType.ARRAY
          && !training.contains(v.name())
          && view.consumers(v.name()).stream().allMatch(op -> training.containsAll(op.outputs()))) {
        outputs.add(v.name());
      }
    }
    if (outputs.isEmpty()) {
      throw new PruningException(
          Code.BAD_OPTION,
          "the graph computes nothing but its loss "
              + view.lossVariables()
              + "; name the outputs to deploy");
    }
    return new ArrayList<>(outputs);
  }

  private static void requireOutputs(SameDiff sd, List<String> outputs) {
    GraphView view = GraphView.of(sd);
    Set<String> random = RandomNumbers.behind(view);
    if (outputs.isEmpty()) {
      throw new PruningException(Code.BAD_OPTION, "name at least one output to deploy");
    }
    for (String name : outputs) {
      if (!view.has(name) || view.producer(name).isEmpty()) {
        throw new PruningException(
            Code.BAD_OPTION,
            "\""
                + name
                + "\" is computed by no op of the graph but dropout; its leaves are "
                + view.leaves());
      }
      if (random.contains(name)) {
        throw new PruningException(
            Code.BAD_OPTION,
            "\""
                + name
                + "\" depends on drawn numbers, so that no proof is possible; name another");
      }
    }
  }

  private static Difference prove(Map<String, INDArray> expected, Map<String, INDArray> actual) {
    Difference worst = new Difference(true, 0, 0, 0, 0);
    for (Map.Entry<String, INDArray> e : expected.entrySet()) {
      double sum = e.getValue().sumNumber().doubleValue();
      if (Double.isNaN(sum) || Double.isInfinite(sum)) {
        throw new PruningException(
            Code.NON_FINITE,
            "output \"" + e.getKey() + "\" is NaN or infinite; pass example inputs of usual range");
      }
      boolean wide = e.getValue().dataType() == DataType.DOUBLE;
      Difference d =
          Difference.between(
              e.getValue(), actual.get(e.getKey()), wide ? 1e-9 : 1e-5, wide ? 1e-9 : 1e-4);
      if (!d.within()) {
        throw new PruningException(
            Code.NOT_EQUAL,
            String.format(
                Locale.ROOT,
                "output \"%s\": the deployment graph gives %.9g where the graph gives %.9g, more than"
                    + " rounding. Deploy the graph as it is; please report its text form"
                    + " (GraphText.of)",
                e.getKey(),
                d.actual(),
                d.expected()));
      }
      worst = worst.max(d);
    }
    return worst;
  }
}
