package org.samediff.pruning.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.nd4j.graph.FlatArray;
import org.nd4j.graph.FlatGraph;
import org.nd4j.graph.FlatNode;
import org.nd4j.graph.FlatVariable;
import org.nd4j.graph.IntPair;
import org.nd4j.graph.UpdaterState;
import org.nd4j.graph.VarType;
import org.samediff.pruning.model.ArrayCheck.Header;

/**
 * Checks what a file of sound structure says: variables with arrays that fit, ops that are known
 * and whose inputs exist, no op that waits for itself, updater state that fits its parameter.
 * Nothing native is touched but ND4J's table of ops.
 */
final class GraphCheck {
  private static final Set<String> LOOP_OPS =
      Set.of("enter", "exit", "next_iteration", "merge", "switch", "loop_cond");

  private record Id(int node, int output) {}

  private final FlatGraph graph;
  private final LoadOptions options;
  private final Map<String, Byte> types = new HashMap<>();
  private final Map<String, Header> arrays = new HashMap<>();
  private final Map<Id, String> names = new HashMap<>();
  private final Map<String, Integer> producers = new HashMap<>();
  private final Set<String> opNames = new HashSet<>();
  private final List<List<String>> inputs = new ArrayList<>();
  private boolean loops;

  private GraphCheck(FlatGraph graph, LoadOptions options) {
    this.graph = graph;
    this.options = options;
  }

  /**
   * Checks a graph.
   *
   * @throws org.samediff.pruning.error.PruningException BAD_FILE, UNKNOWN_OP, FORBIDDEN_CLASS
   */
  static void require(FlatGraph graph, LoadOptions options) {
    GraphCheck check = new GraphCheck(graph, options);
    check.variables();
    check.ops();
    check.activations();
    check.controlDependencies();
    check.order();
    check.lists();
    check.training();
  }

  private void variables() {
    for (int i = 0; i < graph.variablesLength(); i++) {
      FlatVariable v = graph.variables(i);
      String where = "variable \"" + v.name() + "\"";
      byte type = v.variabletype();
      if (v.name().isEmpty() || types.put(v.name(), type) != null) {
        throw Faults.badFile(where + " has no name of its own");
      }
      if (type < VarType.VARIABLE || type > VarType.PLACEHOLDER) {
        throw Faults.badFile(where + " is of kind " + type + ", which is not supported");
      }
      ArrayCheck.type(v.dtype(), where);
      if (names.put(id(v.id()), v.name()) != null) {
        throw Faults.badFile(where + " has the id of another");
      }
      placeholderShape(v, where);
      if (v.ndarray() != null) {
        array(v, where);
      } else if (type == VarType.VARIABLE || type == VarType.CONSTANT) {
        throw Faults.badFile(where + " has no array");
      }
    }
  }

  private void placeholderShape(FlatVariable v, String where) {
    if (v.shapeLength() > options.limits().rank()) {
      throw Faults.badFile(where + " has rank " + v.shapeLength());
    }
    for (int d = 0; d < v.shapeLength(); d++) {
      if (v.shape(d) < -1 || v.shape(d) > Integer.MAX_VALUE) {
        throw Faults.badFile(where + " has a side of " + v.shape(d));
      }
    }
  }

  private void array(FlatVariable v, String where) {
    Header header = ArrayCheck.require(v.ndarray(), options.limits().rank(), where);
    if (header.type() != ArrayCheck.type(v.dtype(), where)) {
      throw Faults.badFile(where + " is declared another type than " + header.type());
    }
    arrays.put(v.name(), header);
  }

  private void ops() {
    NodeCheck check = new NodeCheck(options.limits().rank());
    for (int i = 0; i < graph.nodesLength(); i++) {
      FlatNode node = graph.nodes(i);
      String where = "op \"" + node.name() + "\"";
      if (node.name().isEmpty() || !opNames.add(node.name())) {
        throw Faults.badFile(where + " has no name of its own");
      }
      loops |= LOOP_OPS.contains(check.require(node, where));
      for (int o = 0; o < node.outputNamesLength(); o++) {
        String out = node.outputNames(o);
        if (!out.equals(names.get(new Id(node.id(), o)))) {
          throw Faults.badFile(where + " writes \"" + out + "\", which is not its output " + o);
        }
        if (types.get(out) != VarType.ARRAY || producers.put(out, i) != null) {
          throw Faults.badFile(where + " writes \"" + out + "\", which is not its own to write");
        }
      }
      List<String> read = new ArrayList<>();
      for (int k = 0; k < node.inputPairedLength(); k++) {
        String in = names.get(id(node.inputPaired(k)));
        if (in == null) {
          throw Faults.badFile(where + " reads a variable that does not exist, as input " + k);
        }
        read.add(in);
      }
      inputs.add(read);
    }
  }

  private void activations() {
    types.forEach(
        (name, type) -> {
          if (type == VarType.ARRAY && !producers.containsKey(name)) {
            throw Faults.badFile("activation \"" + name + "\" is written by no op");
          }
        });
  }

  private void controlDependencies() {
    for (int i = 0; i < graph.variablesLength(); i++) {
      FlatVariable v = graph.variables(i);
      String where = "a control dependency of variable \"" + v.name() + "\"";
      for (int k = 0; k < v.controlDepsLength(); k++) {
        known(v.controlDeps(k), where);
      }
      for (int k = 0; k < v.controlDepForOpLength(); k++) {
        known(v.controlDepForOp(k), where);
      }
      for (int k = 0; k < v.controlDepsForVarLength(); k++) {
        known(v.controlDepsForVar(k), where);
      }
    }
    for (int i = 0; i < graph.nodesLength(); i++) {
      FlatNode n = graph.nodes(i);
      String where = "a control dependency of op \"" + n.name() + "\"";
      for (int k = 0; k < n.controlDepsLength(); k++) {
        known(n.controlDeps(k), where);
      }
      for (int k = 0; k < n.varControlDepsLength(); k++) {
        known(n.varControlDeps(k), where);
      }
      for (int k = 0; k < n.controlDepForLength(); k++) {
        known(n.controlDepFor(k), where);
      }
    }
  }

  private void known(String name, String where) {
    if (!types.containsKey(name) && !opNames.contains(name)) {
      throw Faults.badFile(where + ", \"" + name + "\", does not exist");
    }
  }

  /** Every op can run once what it reads is there; loops excepted. */
  private void order() {
    if (loops) {
      return;
    }
    int[] missing = new int[inputs.size()];
    List<List<Integer>> readers = new ArrayList<>();
    inputs.forEach(read -> readers.add(new ArrayList<>()));
    Deque<Integer> ready = new ArrayDeque<>();
    for (int i = 0; i < missing.length; i++) {
      for (String in : inputs.get(i)) {
        Integer producer = producers.get(in);
        if (producer != null) {
          missing[i]++;
          readers.get(producer).add(i);
        }
      }
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    int ran = 0;
    while (!ready.isEmpty()) {
      ran++;
      for (int reader : readers.get(ready.poll())) {
        if (--missing[reader] == 0) {
          ready.add(reader);
        }
      }
    }
    if (ran < missing.length) {
      int i = 0;
      while (missing[i] == 0) {
        i++;
      }
      throw Faults.badFile("op \"" + graph.nodes(i).name() + "\" waits for itself");
    }
  }

  private void lists() {
    for (int i = 0; i < graph.placeholdersLength(); i++) {
      Byte type = types.get(graph.placeholders(i));
      if (type == null || type != VarType.PLACEHOLDER) {
        throw Faults.badFile("\"" + graph.placeholders(i) + "\" is listed and is no placeholder");
      }
    }
    for (int i = 0; i < graph.lossVariablesLength(); i++) {
      if (!types.containsKey(graph.lossVariables(i))) {
        throw Faults.badFile("loss \"" + graph.lossVariables(i) + "\" does not exist");
      }
    }
  }

  private void training() {
    String config = graph.trainingConfig();
    if (config != null) {
      TrainingConfigCheck.require(config, options.allowedClasses());
    } else if (graph.updaterStateLength() > 0) {
      throw Faults.badFile("it holds updater state and no training configuration");
    }
    Set<String> parameters = new HashSet<>();
    for (int i = 0; i < graph.updaterStateLength(); i++) {
      UpdaterState state = graph.updaterState(i);
      String where = "the updater state of \"" + state.paramName() + "\"";
      Byte type = types.get(state.paramName());
      if (type == null || type != VarType.VARIABLE || !parameters.add(state.paramName())) {
        throw Faults.badFile(where + " belongs to no parameter of its own");
      }
      if (state.updaterStateKeysLength() != state.updaterStateValuesLength()) {
        throw Faults.badFile(
            String.format(
                Locale.ROOT,
                "%s has %d keys and %d arrays",
                where,
                state.updaterStateKeysLength(),
                state.updaterStateValuesLength()));
      }
      stateArrays(state, where);
    }
  }

  private void stateArrays(UpdaterState state, String where) {
    Set<String> keys = new HashSet<>();
    Header parameter = arrays.get(state.paramName());
    for (int k = 0; k < state.updaterStateKeysLength(); k++) {
      if (!keys.add(state.updaterStateKeys(k))) {
        throw Faults.badFile(where + " has key \"" + state.updaterStateKeys(k) + "\" twice");
      }
      FlatArray array = state.updaterStateValues(k);
      Header header = ArrayCheck.require(array, options.limits().rank(), where);
      if (header.length() != parameter.length()) {
        throw Faults.badFile(
            String.format(
                Locale.ROOT,
                "%s has %d elements, and the parameter has %d",
                where,
                header.length(),
                parameter.length()));
      }
    }
  }

  private static Id id(IntPair pair) {
    return new Id(pair.first(), pair.second());
  }
}
