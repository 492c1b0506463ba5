package org.samediff.pruning.graph;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Typed read view of a SameDiff graph as it was when the view was made: ops in topological order
 * (ties in the order they were added), variables sorted by name. Immutable; the arrays it hands out
 * are the graph's own and are not to be written to. Thread safe as long as nobody changes the
 * graph.
 */
public final class GraphView {
  /**
   * One op.
   *
   * @param name unique in the graph
   * @param type ND4J's op name, e.g. {@code conv2d}
   * @param function the graph's own op object, for its attributes
   * @param inputs names of the variables it reads, in order, duplicates kept
   * @param outputs names of the variables it writes
   */
  public record Op(
      String name,
      String type,
      DifferentialFunction function,
      List<String> inputs,
      List<String> outputs) {
    /** Name of input {@code i}. */
    public String input(int i) {
      return inputs.get(i);
    }

    /**
     * Name of the first output. SameDiff gives the name that a user chose for a layer to its output
     * and numbers the ops, so this is what the layer is called.
     */
    public String output() {
      return outputs.get(0);
    }
  }

  /**
   * One variable.
   *
   * @param shape of a variable or constant: its array's; of a placeholder: as declared, -1 for any;
   *     of an activation: empty, SameDiff does not keep it
   * @param array of a variable or constant, else null
   */
  public record Var(String name, VariableType type, DataType dtype, long[] shape, INDArray array) {
    /** True for trainable parameters. */
    public boolean trainable() {
      return type == VariableType.VARIABLE;
    }

    /** True for trainable parameters and constants: what owns an array. */
    public boolean stored() {
      return type == VariableType.VARIABLE || type == VariableType.CONSTANT;
    }
  }

  private final Map<String, Var> variables = new LinkedHashMap<>();
  private final List<Op> ops;
  private final Map<String, Op> producers = new HashMap<>();
  private final Map<String, List<Op>> consumers = new HashMap<>();
  private final List<String> lossVariables;

  private GraphView(SameDiff sd) {
    for (Variable v : sd.getVariables().values()) {
      VariableType type = v.getVariable().getVariableType();
      INDArray array =
          type == VariableType.VARIABLE || type == VariableType.CONSTANT
              ? v.getVariable().getArr()
              : null;
      long[] declared =
          type == VariableType.PLACEHOLDER ? v.getVariable().placeholderShape() : null;
      long[] shape =
          array != null ? array.shape() : declared == null ? new long[0] : declared.clone();
      variables.put(
          v.getName(), new Var(v.getName(), type, v.getVariable().dataType(), shape, array));
    }
    List<Op> added = new ArrayList<>();
    for (SameDiffOp op : sd.getOps().values()) {
      Op node =
          new Op(
              op.getName(),
              op.getOp().opName(),
              op.getOp(),
              op.getInputsToOp() == null ? List.of() : List.copyOf(op.getInputsToOp()),
              op.getOutputsOfOp() == null ? List.of() : List.copyOf(op.getOutputsOfOp()));
      added.add(node);
      node.outputs().forEach(out -> producers.put(out, node));
      node.inputs().stream()
          .distinct()
          .forEach(in -> consumers.computeIfAbsent(in, k -> new ArrayList<>()).add(node));
    }
    ops = Collections.unmodifiableList(sorted(added));
    lossVariables = sd.getLossVariables() == null ? List.of() : List.copyOf(sd.getLossVariables());
  }

  /** The graph as it is now. */
  public static GraphView of(SameDiff sd) {
    return new GraphView(sd);
  }

  /**
   * Every op, producers before consumers. Ops on a cycle (loops) come last, in the order they were
   * added.
   */
  public List<Op> ops() {
    return ops;
  }

  /** Every variable, sorted by name. */
  public Iterable<Var> variables() {
    return Collections.unmodifiableCollection(variables.values());
  }

  /** True if the graph has a variable of this name. */
  public boolean has(String variable) {
    return variables.containsKey(variable);
  }

  /**
   * The variable of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Var variable(String name) {
    Var v = variables.get(name);
    if (v == null) {
      throw new IllegalArgumentException("the graph has no variable \"" + name + "\"");
    }
    return v;
  }

  /** The op that writes the variable, if any does. */
  public Optional<Op> producer(String variable) {
    return Optional.ofNullable(producers.get(variable));
  }

  /** The ops that read the variable, in the order they were added. */
  public List<Op> consumers(String variable) {
    return Collections.unmodifiableList(consumers.getOrDefault(variable, List.of()));
  }

  /** The variables that training minimises, in order; may be empty. */
  public List<String> lossVariables() {
    return lossVariables;
  }

  /**
   * Activations that no op reads, sorted by name: the graph's outputs, as far as structure tells.
   */
  public List<String> leaves() {
    return variables.values().stream()
        .filter(v -> v.type() == VariableType.ARRAY && consumers(v.name()).isEmpty())
        .map(Var::name)
        .toList();
  }

  private List<Op> sorted(List<Op> added) {
    Map<String, Integer> missing = new HashMap<>(); // by name: an op's own hash reads its arrays
    Deque<Op> ready = new ArrayDeque<>();
    for (Op op : added) {
      int n = (int) op.inputs().stream().distinct().filter(producers::containsKey).count();
      missing.put(op.name(), n);
      if (n == 0) {
        ready.add(op);
      }
    }
    List<Op> result = new ArrayList<>(added.size());
    while (!ready.isEmpty()) {
      Op op = ready.poll();
      result.add(op);
      missing.remove(op.name());
      for (String out : op.outputs()) {
        for (Op consumer : consumers.getOrDefault(out, List.of())) {
          if (missing.merge(consumer.name(), -1, Integer::sum) == 0) {
            ready.add(consumer);
          }
        }
      }
    }
    added.stream().filter(op -> missing.containsKey(op.name())).forEach(result::add);
    return result;
  }
}
