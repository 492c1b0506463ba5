package org.samediff.pruning.compaction;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.Probe;

/**
 * Runs the masked and the compacted graph on the same inputs and compares their outputs: float32
 * {@code |a - e| <= 1e-5 + 1e-4 |e|}, double {@code 1e-9 (1 + |e|)}.
 */
final class EqualityProof {
  private EqualityProof() {}

  /**
   * Compares two graphs.
   *
   * @param required whether a difference is an error
   * @return the largest difference
   * @throws PruningException NOT_EQUAL naming the output and both values
   */
  static Difference compare(
      SameDiff masked,
      SameDiff compacted,
      Map<String, INDArray> inputs,
      List<String> outputs,
      boolean required) {
    Map<String, INDArray> expected = Probe.run(masked, inputs, outputs);
    Map<String, INDArray> actual = Probe.run(compacted, inputs, outputs);
    Difference worst = new Difference(true, 0, 0, 0, 0);
    for (String name : outputs) {
      boolean wide = expected.get(name).dataType() == DataType.DOUBLE;
      Difference d =
          Difference.between(
              expected.get(name), actual.get(name), wide ? 1e-9 : 1e-5, wide ? 1e-9 : 1e-4);
      if (required && !d.within()) {
        throw new PruningException(
            PruningException.Code.NOT_EQUAL,
            String.format(
                Locale.ROOT,
                "output \"%s\": the compacted graph gives %.9g where the masked one gives %.9g."
                    + " Nothing was changed; please report the graph's text form (GraphText.of)",
                name,
                d.actual(),
                d.expected()));
      }
      worst = worst.max(d);
    }
    return worst;
  }
}
