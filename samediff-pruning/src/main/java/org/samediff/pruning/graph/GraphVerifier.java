package org.samediff.pruning.graph;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.samediff.pruning.error.PruningException;

/**
 * Checks that a SameDiff graph's maps agree with each other: every op's inputs and outputs exist
 * and know the op, every stored variable has an array of its declared dtype, every loss variable
 * exists, and no op waits for itself.
 */
public final class GraphVerifier {
  private static final Set<String> LOOP_OPS = Set.of("enter", "exit", "next_iteration", "merge");

  private GraphVerifier() {}

  /**
   * Checks a graph.
   *
   * @throws PruningException DAMAGED_GRAPH naming the first ten faults
   */
  public static void require(SameDiff sd) {
    List<String> faults = faults(sd);
    if (!faults.isEmpty()) {
      throw new PruningException(
          PruningException.Code.DAMAGED_GRAPH,
          "the graph contradicts itself: "
              + String.join("; ", faults.subList(0, Math.min(10, faults.size())))
              + ". Build it again, or load it from a good file");
    }
  }

  /** The first trainable parameter that holds NaN or infinity, if any does. */
  public static Optional<String> nonFinite(SameDiff sd) {
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (v.trainable() && v.dtype().isFPType()) {
        double sum = v.array().sumNumber().doubleValue();
        if (Double.isNaN(sum) || Double.isInfinite(sum)) {
          return Optional.of(v.name());
        }
      }
    }
    return Optional.empty();
  }

  /** Every contradiction found, in a fixed order; empty for a sound graph. */
  public static List<String> faults(SameDiff sd) {
    List<String> faults = new ArrayList<>();
    Map<String, Variable> variables = sd.getVariables();
    for (SameDiffOp op : sd.getOps().values()) {
      checkOp(op, variables, faults);
    }
    for (Variable v : variables.values()) {
      checkVariable(v, sd, faults);
    }
    for (String loss : sd.getLossVariables()) {
      if (!variables.containsKey(loss)) {
        faults.add("loss variable \"" + loss + "\" does not exist");
      }
    }
    if (faults.isEmpty()) {
      checkOrder(sd, faults);
    }
    return faults;
  }

  private static void checkOp(SameDiffOp op, Map<String, Variable> variables, List<String> faults) {
    String name = "op \"" + op.getName() + "\"";
    if (op.getOp() == null || !op.getName().equals(op.getOp().getOwnName())) {
      faults.add(name + " holds the function of another op");
    }
    for (String in : orEmpty(op.getInputsToOp())) {
      Variable v = variables.get(in);
      if (v == null) {
        faults.add(name + " reads \"" + in + "\", which does not exist");
      } else if (!orEmpty(v.getInputsForOp()).contains(op.getName())) {
        faults.add(name + " reads \"" + in + "\", which does not know it");
      }
    }
    for (String out : orEmpty(op.getOutputsOfOp())) {
      Variable v = variables.get(out);
      if (v == null) {
        faults.add(name + " writes \"" + out + "\", which does not exist");
      } else if (!op.getName().equals(v.getOutputOfOp())) {
        faults.add(name + " writes \"" + out + "\", which names " + v.getOutputOfOp());
      }
    }
  }

  private static void checkVariable(Variable v, SameDiff sd, List<String> faults) {
    String name = "variable \"" + v.getName() + "\"";
    VariableType type = v.getVariable().getVariableType();
    if (type == VariableType.VARIABLE || type == VariableType.CONSTANT) {
      if (v.getVariable().getArr() == null) {
        faults.add(name + " has no array");
      } else if (v.getVariable().getArr().dataType() != v.getVariable().dataType()) {
        faults.add(
            name
                + " is declared "
                + v.getVariable().dataType()
                + " and holds "
                + v.getVariable().getArr().dataType());
      }
    } else if (type == VariableType.ARRAY && v.getOutputOfOp() == null) {
      faults.add(name + " is an activation that no op writes");
    }
    if (v.getOutputOfOp() != null && !sd.getOps().containsKey(v.getOutputOfOp())) {
      faults.add(name + " is written by \"" + v.getOutputOfOp() + "\", which does not exist");
    }
    for (String op : orEmpty(v.getInputsForOp())) {
      SameDiffOp reader = sd.getOps().get(op);
      if (reader == null) {
        faults.add(name + " is read by \"" + op + "\", which does not exist");
      } else if (!orEmpty(reader.getInputsToOp()).contains(v.getName())) {
        faults.add(name + " is read by \"" + op + "\", which does not know it");
      }
    }
  }

  /** In topological order every input comes first; loops excepted. */
  private static void checkOrder(SameDiff sd, List<String> faults) {
    Set<String> ready = new HashSet<>();
    GraphView view = GraphView.of(sd);
    if (view.ops().stream().anyMatch(op -> LOOP_OPS.contains(op.type()))) {
      return;
    }
    for (GraphView.Op op : view.ops()) {
      for (String in : op.inputs()) {
        if (view.producer(in).isPresent() && !ready.contains(in)) {
          faults.add("op \"" + op.name() + "\" waits for itself through \"" + in + "\"");
          return;
        }
      }
      ready.addAll(op.outputs());
    }
  }

  private static List<String> orEmpty(List<String> list) {
    return list == null ? List.of() : list;
  }
}
