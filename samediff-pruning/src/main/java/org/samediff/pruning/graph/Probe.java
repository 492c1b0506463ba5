package org.samediff.pruning.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.error.PruningException;

/**
 * Runs a graph on given or generated inputs to learn what SameDiff does not keep: the shapes of
 * activations, and what the outputs are. Listeners of the graph are not called.
 */
public final class Probe {
  /** Placeholders ending so are filled by ND4J with whether it is training. */
  static final String LEARNING_PHASE = "keras_learning_phase";

  private Probe() {}

  /**
   * Inputs for every placeholder: standard normal features, one-hot rows for the named labels of
   * rank two, zeros for integers. Generated from the seed without touching ND4J's random state.
   *
   * @param batch examples along a first axis that was declared -1
   * @throws PruningException BAD_OPTION if a placeholder has no shape, or leaves another axis open
   */
  public static Map<String, INDArray> inputs(
      SameDiff sd, long batch, long seed, Iterable<String> labels) {
    return inputs(sd, batch, seed, labels, Map.of());
  }

  /** The same, with arrays for some placeholders given; the others are generated. */
  public static Map<String, INDArray> inputs(
      SameDiff sd, long batch, long seed, Iterable<String> labels, Map<String, INDArray> given) {
    List<String> labelNames = new ArrayList<>();
    labels.forEach(labelNames::add);
    Random random = new Random(seed);
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (v.type() != VariableType.PLACEHOLDER || v.name().endsWith(LEARNING_PHASE)) {
        continue;
      }
      if (given.containsKey(v.name())) {
        inputs.put(v.name(), given.get(v.name()));
        continue;
      }
      long[] shape = concrete(v, batch);
      boolean oneHot = labelNames.contains(v.name()) && shape.length == 2;
      inputs.put(v.name(), oneHot ? oneHot(v.dtype(), shape) : values(v.dtype(), shape, random));
    }
    return inputs;
  }

  private static long[] concrete(GraphView.Var placeholder, long batch) {
    long[] shape = placeholder.shape().clone();
    for (int d = 0; d < shape.length; d++) {
      if (shape[d] < 0 && d == 0) {
        shape[d] = batch;
      } else if (shape[d] < 0) {
        shape = new long[0];
      }
    }
    if (shape.length == 0) {
      throw new PruningException(
          PruningException.Code.BAD_OPTION,
          String.format(
              Locale.ROOT,
              "placeholder \"%s\" has shape %s: only the first axis may be open. Declare the others,"
                  + " e.g. sd.placeHolder(\"%s\", type, -1, 3, 32, 32), or pass example inputs",
              placeholder.name(),
              Arrays.toString(placeholder.shape()),
              placeholder.name()));
    }
    return shape;
  }

  private static INDArray oneHot(DataType type, long[] shape) {
    INDArray array = Nd4j.zeros(type, shape);
    for (long i = 0; i < shape[0]; i++) {
      array.putScalar(new long[] {i, i % shape[1]}, 1);
    }
    return array;
  }

  private static INDArray values(DataType type, long[] shape, Random random) {
    if (!type.isFPType()) {
      return Nd4j.zeros(type, shape);
    }
    double[] values = new double[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(values).castTo(type).reshape('c', shape).dup('c');
  }

  /**
   * The values of these variables, each a copy of its own.
   *
   * @param sd a graph or a gradient function
   */
  public static Map<String, INDArray> run(
      SameDiff sd, Map<String, INDArray> inputs, List<String> variables) {
    if (variables.isEmpty()) {
      return Map.of(); // SameDiff would throw
    }
    Map<String, INDArray> result = new LinkedHashMap<>();
    run(
        sd,
        inputs,
        variables,
        List.of(),
        outputs -> outputs.forEach((name, a) -> result.put(name, a.dup('c'))));
    return result;
  }

  /**
   * Runs the graph with these listeners and no other, and frees what the run has allocated, which
   * SameDiff leaves to the garbage collector.
   */
  private static void run(
      SameDiff sd,
      Map<String, INDArray> inputs,
      List<String> variables,
      List<Listener> listeners,
      Consumer<Map<String, INDArray>> use) {
    List<Listener> own = new ArrayList<>(sd.getListeners());
    sd.setListeners(listeners);
    try {
      use.accept(sd.output(inputs, variables));
    } finally {
      sd.setListeners(own);
      sd.getSessions().values().forEach(session -> session.getMmgr().close());
      sd.getSessions().clear();
    }
  }

  /**
   * The shape of every variable of the graph, from one run that holds no activation longer than the
   * graph needs it. Activations that the run does not reach (control flow) are left out.
   */
  public static Map<String, long[]> shapes(SameDiff sd, Map<String, INDArray> inputs) {
    GraphView view = GraphView.of(sd);
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (GraphView.Var v : view.variables()) {
      if (v.stored()) {
        shapes.put(v.name(), v.shape());
      } else if (v.name().endsWith(LEARNING_PHASE)) {
        shapes.put(v.name(), new long[0]); // a scalar that ND4J fills in itself
      }
    }
    inputs.forEach((name, a) -> shapes.put(name, a.shape()));
    List<String> leaves = view.leaves();
    if (!leaves.isEmpty()) {
      run(sd, inputs, leaves, List.of(new ShapeListener(shapes)), outputs -> {});
    }
    return shapes;
  }

  /** Notes the shape of every activation. */
  private static final class ShapeListener extends BaseListener {
    private final Map<String, long[]> shapes;

    ShapeListener(Map<String, long[]> shapes) {
      this.shapes = shapes;
    }

    @Override
    public boolean isActive(Operation operation) {
      return true;
    }

    @Override
    public void opExecution(
        SameDiff sd,
        At at,
        MultiDataSet batch,
        SameDiffOp op,
        OpContext context,
        INDArray[] outputs) {
      for (int i = 0; i < outputs.length; i++) {
        note(op.getOutputsOfOp().get(i), outputs[i]);
      }
    }

    @Override
    public void activationAvailable(
        SameDiff sd,
        At at,
        MultiDataSet batch,
        SameDiffOp op,
        String variable,
        INDArray activation) {
      note(variable, activation);
    }

    /** Of an op with several outputs, one hook or the other may be given null. */
    private void note(String variable, INDArray activation) {
      if (activation != null) {
        shapes.put(variable, activation.shape());
      }
    }
  }
}
