package org.samediff.pruning;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.GradientFunction;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.graph.RandomNumbers;

/** Runs masked and compacted graph side by side, plainly and as SameDiff trains them. */
final class MaskedComparison {
  private final SameDiff masked;
  private final Map<String, INDArray> inputs;
  private final List<String> outputs;
  private final Map<String, INDArray> expected;

  /** Runs a copy of the masked graph without dropout; outputs that are no numbers end the check. */
  MaskedComparison(SameDiff masked, Map<String, INDArray> inputs, List<String> outputs) {
    this.masked = RandomNumbers.withoutDropout(masked);
    this.inputs = inputs;
    GraphView view = GraphView.of(this.masked);
    Set<String> random = RandomNumbers.behind(view);
    this.outputs =
        outputs.stream()
            .filter(o -> view.has(o) && !random.contains(o) && view.variable(o).dtype().isFPType())
            .toList();
    if (this.outputs.isEmpty()) {
      throw CheckTrial.refusal(
          "", "every output is an integer or depends on drawn numbers: nothing can be compared");
    }
    expected =
        Attempt.onGraphOf(this.masked, "", () -> Probe.run(this.masked, inputs, this.outputs));
    expected.forEach(
        (name, a) -> {
          if (!CheckTrial.finite(a)) {
            throw CheckTrial.refusal(
                name, "is NaN or infinite on these inputs; pass example inputs of the usual range");
          }
        });
  }

  /**
   * The largest differences to a compacted graph, which runs without dropout as well.
   *
   * @param exact whether a difference beyond rounding ends the check
   * @param notes gets what could not be compared
   */
  Verdict.Differences to(SameDiff compacted, boolean exact, List<String> notes) {
    SameDiff slim = RandomNumbers.withoutDropout(compacted);
    Map<String, INDArray> actual =
        Attempt.ofOurs(slim, "compacted graph", () -> Probe.run(slim, inputs, outputs));
    OptionalDouble inference = OptionalDouble.of(worst(expected, actual, exact, "inference"));
    return new Verdict.Differences(inference, training(slim, exact, notes));
  }

  private OptionalDouble training(SameDiff slim, boolean exact, List<String> notes) {
    if (masked.getLossVariables().isEmpty()) {
      notes.add("not compared in training mode: the graph has no loss");
      return OptionalDouble.empty();
    }
    Map<String, INDArray> trained;
    try {
      trained = inTraining(masked);
    } catch (RuntimeException e) {
      notes.add(
          "not compared in training mode: SameDiff cannot differentiate the graph, "
              + Attempt.message(e));
      return OptionalDouble.empty();
    }
    for (Map.Entry<String, INDArray> e : trained.entrySet()) {
      if (!CheckTrial.finite(e.getValue())) {
        notes.add("not compared in training mode: \"" + e.getKey() + "\" is NaN or infinite there");
        return OptionalDouble.empty();
      }
    }
    Map<String, INDArray> actual =
        Attempt.ofOurs(slim, "compacted graph in training", () -> inTraining(slim));
    return OptionalDouble.of(worst(trained, actual, exact, "training"));
  }

  private Map<String, INDArray> inTraining(SameDiff sd) {
    return Probe.run(GradientFunction.of(sd), inputs, outputs);
  }

  private double worst(
      Map<String, INDArray> wantedOf, Map<String, INDArray> actual, boolean exact, String mode) {
    double worst = 0;
    for (Map.Entry<String, INDArray> e : wantedOf.entrySet()) {
      INDArray wanted = e.getValue();
      INDArray got = actual.get(e.getKey());
      boolean wide = wanted.dataType() == DataType.DOUBLE;
      Difference d = Difference.between(wanted, got, wide ? 1e-9 : 1e-5, wide ? 1e-9 : 1e-4);
      if (exact && !d.within()) {
        throw new Attempt.Ended(
            new Verdict.Different(
                String.format("\"%s\" in %s, %s", e.getKey(), mode, wanted.dataType()),
                String.format(
                    Locale.ROOT,
                    "the compacted graph gives %.9g where the masked one gives %.9g",
                    d.actual(),
                    d.expected())));
      }
      worst = Math.max(worst, d.maxRelative());
    }
    return worst;
  }
}
