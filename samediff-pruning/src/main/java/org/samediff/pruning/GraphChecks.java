package org.samediff.pruning;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.ops.GradientMask;
import org.samediff.pruning.ops.TrainableBatchNorm;
import org.samediff.pruning.rewrite.ReservedNames;

/** What every graph is asked before anything is done with it, and what its outputs are. */
final class GraphChecks {
  private GraphChecks() {}

  /**
   * Refuses graphs with masks, damaged ones and ones that hold NaN or infinity.
   *
   * @throws PruningException ALREADY_PRUNED, DAMAGED_GRAPH, NON_FINITE
   */
  static void require(SameDiff sd) {
    TrainableBatchNorm.register();
    GradientMask.register();
    for (String name : sd.getVariables().keySet()) {
      if (ReservedNames.isOurs(name)) {
        throw new PruningException(
            Code.ALREADY_PRUNED,
            "the graph already holds masks of this library (\""
                + name
                + "\"); go on with its PrunedGraph, or compact it first and prune the result");
      }
    }
    GraphVerifier.require(sd);
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (v.stored() && v.dtype().isFPType()) {
        double sum = v.array().sumNumber().doubleValue();
        if (Double.isNaN(sum) || Double.isInfinite(sum)) {
          throw new PruningException(
              Code.NON_FINITE,
              "variable \""
                  + v.name()
                  + "\" holds NaN or infinity; load the last good weights before pruning");
        }
      }
    }
  }

  /** What the user may ask the graph for: no channel of it is cut. */
  static List<String> outputs(SameDiff sd, GraphView view) {
    List<String> outputs = new ArrayList<>(view.leaves());
    view.lossVariables().stream().filter(l -> !outputs.contains(l)).forEach(outputs::add);
    // SameDiff guesses outputs where none were set; what the user set comes first in its list
    List<String> declared = sd.outputs();
    if (declared != null) {
      declared.stream().filter(o -> view.has(o) && !outputs.contains(o)).forEach(outputs::add);
    }
    for (String loss : view.lossVariables()) {
      view.producer(loss).stream()
          .flatMap(op -> op.inputs().stream())
          .filter(in -> view.producer(in).isPresent() && !outputs.contains(in))
          .forEach(outputs::add);
    }
    return outputs;
  }
}
