package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.graph.GradientFunction;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;

/**
 * What a graph computes.
 *
 * @param inference its outputs
 * @param training its outputs in the gradient function; empty without loss
 * @param gradients of the loss by each trainable variable that it depends on; empty without loss
 */
public record Modes(
    Map<String, INDArray> inference,
    Map<String, INDArray> training,
    Map<String, INDArray> gradients) {
  /** Beyond is what ND4J's 3-d convolutions leave in gradients that they do not fill. */
  private static final double LARGEST = 1e20;

  public static Modes of(SameDiff sd, Map<String, INDArray> inputs) {
    List<String> outputs = outputs(sd);
    Map<String, INDArray> inference = Probe.run(sd, inputs, outputs);
    if (sd.getLossVariables().isEmpty()) {
      return new Modes(inference, Map.of(), Map.of());
    }
    SameDiff function;
    try {
      function = GradientFunction.of(sd);
    } catch (RuntimeException e) {
      // what cannot be differentiated is refused later, by the library
      return new Modes(inference, Map.of(), Map.of());
    }
    Map<String, String> gradientOf = new LinkedHashMap<>();
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (v.trainable()) {
        GradientFunction.gradientOf(function, v.name()).ifPresent(g -> gradientOf.put(v.name(), g));
      }
    }
    List<String> wanted =
        Stream.concat(outputs.stream(), gradientOf.values().stream()).distinct().toList();
    Map<String, INDArray> all = Probe.run(function, inputs, wanted);
    Map<String, INDArray> training = new LinkedHashMap<>();
    outputs.forEach(name -> training.put(name, all.get(name)));
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    gradientOf.forEach((name, g) -> gradients.put(name, all.get(g)));
    return new Modes(inference, training, gradients);
  }

  static Map<String, INDArray> inference(SameDiff sd, Map<String, INDArray> inputs) {
    return Probe.run(sd, inputs, outputs(sd));
  }

  /** The loss, the probabilities and whatever else nothing reads; not this library's own. */
  static List<String> outputs(SameDiff sd) {
    List<String> names = new ArrayList<>();
    for (String leaf : GraphView.of(sd).leaves()) {
      if (!leaf.contains("/")) {
        names.add(leaf);
      }
    }
    return names;
  }

  boolean finite() {
    return Stream.of(inference, training, gradients)
        .flatMap(m -> m.values().stream())
        .map(a -> a.sumNumber().doubleValue())
        .allMatch(sum -> Math.abs(sum) < LARGEST); // false for NaN
  }
}
