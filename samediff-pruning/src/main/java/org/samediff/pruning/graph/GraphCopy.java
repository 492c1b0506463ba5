package org.samediff.pruning.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.array.SingleThreadArrayHolder;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.AddOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Copies a SameDiff graph without losing anything, and on the way leaves out, rewires or replaces
 * what the caller names: the one way in which this library changes a graph.
 *
 * <p>Kept: names, op attributes (field by field, not through FlatBuffers), control dependencies,
 * placeholders with their shapes, loss variables, outputs, the TrainingConfig with its counters,
 * updater state, attached listeners, sub-functions. Not kept: the gradient function, which belongs
 * to the old graph and is made again by the first {@code fit}. No size limit ({@code dup()} stops
 * at 1 GiB). The source is only read.
 */
public final class GraphCopy {
  private final SameDiff source;
  private Predicate<String> dropOp = name -> false;
  private Predicate<String> dropVariable = name -> false;
  private Map<String, String> redirect = Map.of();
  private BiFunction<String, INDArray, INDArray> arrays = (name, a) -> a.dup(a.ordering());
  private BiFunction<String, INDArray, INDArray> state = (name, a) -> a.dup(a.ordering());
  private Map<String, INDArray> shifts = Map.of();
  private Map<String, INDArray> added = Map.of();
  private Map<String, List<String>> reading = Map.of();
  private Map<String, String> writing = Map.of();
  private boolean withUpdaterState = true;
  private boolean withTraining = true;
  private UnaryOperator<DataType> types = UnaryOperator.identity();

  private GraphCopy(SameDiff source) {
    this.source = source;
  }

  /** Frees the arrays of a copy that nobody reads any more; other copies have their own. */
  public static void free(SameDiff copy) {
    for (GraphView.Var v : GraphView.of(copy).variables()) {
      if (v.stored() && v.array().closeable()) {
        v.array().close();
      }
    }
  }

  /** An exact copy. */
  public static SameDiff of(SameDiff source) {
    return from(source).build();
  }

  /** Starts a copy with changes. */
  public static GraphCopy from(SameDiff source) {
    return new GraphCopy(source);
  }

  /** Leaves out these ops and variables, by name. Who still reads them must be redirected. */
  public GraphCopy dropping(Predicate<String> ops, Predicate<String> variables) {
    dropOp = ops;
    dropVariable = variables;
    return this;
  }

  /** Where an op of the source reads a key, the op of the copy reads the value. */
  public GraphCopy redirecting(Map<String, String> inputs) {
    redirect = Map.copyOf(inputs);
    return this;
  }

  /**
   * Gives the copy's array for each variable and constant: called with its name and the source's
   * array, which it must not return itself.
   */
  public GraphCopy arrays(BiFunction<String, INDArray, INDArray> arrayOf) {
    arrays = arrayOf;
    return this;
  }

  /**
   * Gives the copy's updater state: called with the parameter's name and each source array that has
   * the parameter's shape.
   */
  public GraphCopy updaterState(BiFunction<String, INDArray, INDArray> stateOf) {
    state = stateOf;
    return this;
  }

  /**
   * Adds a constant to each of these activations, which keep their names: the op's own result is
   * called {@code <name>/unshifted}, and so is an op that was called as its result is, the constant
   * {@code <name>/shift}.
   */
  public GraphCopy shifting(Map<String, INDArray> constants) {
    shifts = Map.copyOf(constants);
    return this;
  }

  /** Adds constants, whose names may be those of variables that are dropped. */
  public GraphCopy adding(Map<String, INDArray> constants) {
    added = Map.copyOf(constants);
    return this;
  }

  /** Gives these ops, by name, other inputs. */
  public GraphCopy reading(Map<String, List<String>> inputsOf) {
    reading = Map.copyOf(inputsOf);
    return this;
  }

  /** An op of the source that writes a key writes the value in the copy. */
  public GraphCopy writing(Map<String, String> outputs) {
    writing = Map.copyOf(outputs);
    return this;
  }

  /** Leaves out what only training needs: loss variables, TrainingConfig, listeners. */
  public GraphCopy withoutTraining() {
    withTraining = false;
    return this;
  }

  /** Leaves the updater state out; the copy starts from a fresh one. */
  public GraphCopy withoutUpdaterState() {
    withUpdaterState = false;
    return this;
  }

  /**
   * Gives every floating-point variable, constant, placeholder and activation this type, and ops
   * that name a floating-point type (a cast, a fill) too. Integers stay what they are. The updater
   * state is left out.
   */
  public GraphCopy inPrecision(DataType type) {
    types = t -> t.isFPType() ? type : t;
    return withoutUpdaterState();
  }

  /** Makes the copy. */
  public SameDiff build() {
    SameDiff target = emptyGraph();
    target.setEagerMode(source.isEagerMode());
    source.getVariables().values().forEach(v -> copyVariable(v, target));
    new TreeMap<>(added).forEach(target::constant);
    source.getOps().values().stream()
        .filter(op -> !dropOp.test(op.getName()))
        .forEach(op -> copyOp(op, target));
    new TreeMap<>(shifts).forEach((name, constant) -> addShift(name, constant, target));
    Map<String, List<String>> consumers = consumers(target);
    target
        .getVariables()
        .values()
        .forEach(
            v -> v.setInputsForOp(consumers.get(v.getName()))); // null where none, as ND4J has it
    if (withTraining) {
      copyTraining(target);
    }
    Engine.copySubFunctions(source, target, this::subFunction);
    return target;
  }

  /**
   * SameDiff's usual holder keeps a second copy of every array, for devices that might still ask
   * for one. Where there is one device nobody will.
   */
  private static SameDiff emptyGraph() {
    SameDiff graph = SameDiff.create();
    if (Nd4j.getAffinityManager().getNumberOfDevices() == 1) {
      graph.setArrayHolders(new SingleThreadArrayHolder(), new SingleThreadArrayHolder(), false);
    }
    return graph;
  }

  private void copyTraining(SameDiff target) {
    List<String> losses = redirected(source.getLossVariables());
    if (!losses.isEmpty()) {
      target.setLossVariables(losses.toArray(String[]::new));
    }
    target.setListeners(source.getListeners());
    Engine.copyOutputs(source, target);
    TrainingConfig config = source.getTrainingConfig();
    if (config != null) {
      TrainingConfig copied = FieldCopy.plain(config);
      copied.setUpdater(config.getUpdater().clone());
      target.setTrainingConfig(copied);
      if (withUpdaterState && source.isInitializedTraining()) {
        Engine.copyUpdaterState(source, target, state);
      }
    }
  }

  private SameDiff subFunction(SameDiff function) {
    GraphCopy copy = from(function);
    copy.types = types;
    return copy.build();
  }

  private void copyVariable(Variable v, SameDiff target) {
    if (dropVariable.test(v.getName())) {
      return;
    }
    String name = unshifted(v.getName());
    SDVariable old = v.getVariable();
    VariableType type = old.getVariableType();
    DataType dtype = types.apply(old.dataType());
    switch (type) {
      case VARIABLE -> target.var(name, array(name, old));
      case CONSTANT -> target.constant(name, array(name, old));
      case PLACEHOLDER -> {
        long[] shape = old.placeholderShape();
        target.placeHolder(name, dtype, shape == null ? shape : shape.clone());
      }
      default -> {
        SDVariable activation = new SDVariable(name, VariableType.ARRAY, target, null, dtype);
        target.getVariables().put(name, Variable.builder().name(name).variable(activation).build());
      }
    }
    Variable copy = target.getVariables().get(name);
    copy.setControlDeps(mutable(v.getControlDeps()));
    copy.setControlDepsForOp(mutable(v.getControlDepsForOp()));
    copy.setControlDepsForVar(mutable(v.getControlDepsForVar()));
  }

  private INDArray array(String name, SDVariable old) {
    INDArray array = arrays.apply(name, old.getArr());
    return array.castTo(types.apply(array.dataType()));
  }

  private void copyOp(SameDiffOp op, SameDiff target) {
    List<String> inputs = new ArrayList<>();
    if (reading.containsKey(op.getName())) {
      inputs.addAll(reading.get(op.getName()));
    } else if (op.getInputsToOp() != null) {
      op.getInputsToOp().forEach(in -> inputs.add(redirect.getOrDefault(in, in)));
    }
    DifferentialFunction function = FieldCopy.op(op.getOp(), target);
    OpAttributes.retype(function, types);
    List<String> outputs = written(op);
    String name = named(op);
    function.setOwnName(name);
    SameDiffOp copy =
        SameDiffOp.builder()
            .name(name)
            .op(function)
            .inputsToOp(inputs)
            .outputsOfOp(outputs)
            .controlDeps(mutable(op.getControlDeps()))
            .varControlDeps(mutable(op.getVarControlDeps()))
            .controlDepFor(mutable(op.getControlDepFor()))
            .build();
    target.getOps().put(name, copy);
    if (outputs != null) {
      outputs.stream()
          .filter(target.getVariables()::containsKey)
          .forEach(out -> target.getVariables().get(out).setOutputOfOp(name));
    }
  }

  /** An op that is called as its output is stays so: a file could not be read otherwise. */
  private String named(SameDiffOp op) {
    boolean calledSo = op.getOutputsOfOp() != null && op.getOutputsOfOp().contains(op.getName());
    return calledSo ? unshifted(op.getName()) : op.getName();
  }

  private List<String> written(SameDiffOp op) {
    if (op.getOutputsOfOp() == null) {
      return null;
    }
    return new ArrayList<>(
        op.getOutputsOfOp().stream().map(o -> unshifted(writing.getOrDefault(o, o))).toList());
  }

  /** Variable name to the ops that read it, in op order. */
  private static Map<String, List<String>> consumers(SameDiff sd) {
    Map<String, List<String>> index = new LinkedHashMap<>();
    for (SameDiffOp op : sd.getOps().values()) {
      op.getInputsToOp().stream()
          .distinct()
          .forEach(in -> index.computeIfAbsent(in, k -> new ArrayList<>()).add(op.getName()));
    }
    return index;
  }

  private List<String> redirected(List<String> names) {
    return names == null
        ? List.of()
        : names.stream().map(n -> redirect.getOrDefault(n, n)).toList();
  }

  /** By hand: SDVariable.add renames its op as well, over the op that had the name before. */
  private void addShift(String name, INDArray constant, SameDiff target) {
    target.constant(name + "/shift", constant);
    AddOp add = new AddOp();
    add.setSameDiff(target);
    add.setOwnName(target.getOps().containsKey(name) ? name + "/shifted" : name);
    target
        .getOps()
        .put(
            add.getOwnName(),
            SameDiffOp.builder()
                .name(add.getOwnName())
                .op(add)
                .inputsToOp(new ArrayList<>(List.of(unshifted(name), name + "/shift")))
                .outputsOfOp(new ArrayList<>(List.of(name)))
                .build());
    SDVariable sum = new SDVariable(name, VariableType.ARRAY, target, null, constant.dataType());
    target
        .getVariables()
        .put(
            name, Variable.builder().name(name).variable(sum).outputOfOp(add.getOwnName()).build());
  }

  private String unshifted(String name) {
    return shifts.containsKey(name) ? name + "/unshifted" : name;
  }

  private static List<String> mutable(List<String> list) {
    return list == null ? null : new ArrayList<>(list);
  }
}
