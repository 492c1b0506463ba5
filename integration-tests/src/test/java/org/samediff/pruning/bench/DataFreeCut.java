package org.samediff.pruning.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.compaction.UnitMask;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.importance.UnitNorms;

/**
 * The cut that the benchmarks make: in each group the filters, or units of dense layers, with the
 * smallest L2 norms go.
 */
final class DataFreeCut {
  static final CutScope SCOPE = CutScope.FILTERS.withDenseUnits(true);

  private DataFreeCut() {}

  /**
   * A compacted copy.
   *
   * @param kept share of each group's channels that stays
   * @param multiple to which their number is rounded up
   */
  static SameDiff of(SameDiff dense, double kept, int multiple) {
    Map<String, INDArray> inputs = Probe.inputs(dense, 1, 1, List.of(BenchNetwork.LABELS));
    ChannelAnalysis analysis =
        ChannelAnalysis.of(
            GraphView.of(dense),
            Probe.shapes(dense, inputs),
            1,
            List.of(BenchNetwork.LOGITS),
            DataFreeCut.SCOPE);
    boolean[][] stays = kept(UnitNorms.l2(dense, analysis), kept, multiple);
    SameDiff masked = GraphCopy.from(dense).withoutUpdaterState().build();
    UnitMask.zero(masked, analysis, stays);
    List<String> outputs = List.of(BenchNetwork.LOGITS);
    SameDiff slim = Compactor.compact(masked, analysis, stays, inputs, outputs).graph();
    GraphCopy.free(masked);
    return slim;
  }

  /** The channels with the largest scores, {@code [group][channel]}. */
  static boolean[][] kept(double[][] scores, double share, int multiple) {
    boolean[][] kept = new boolean[scores.length][];
    for (int g = 0; g < scores.length; g++) {
      int size = scores[g].length;
      int wanted = (int) Math.round(share * size);
      int left = Math.max(1, Math.min(size, (wanted + multiple - 1) / multiple * multiple));
      double[] sorted = scores[g].clone();
      Arrays.sort(sorted);
      kept[g] = new boolean[size];
      for (int c = 0; c < size; c++) {
        kept[g][c] = scores[g][c] >= sorted[size - left];
      }
    }
    return kept;
  }
}
