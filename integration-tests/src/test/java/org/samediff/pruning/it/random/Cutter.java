package org.samediff.pruning.it.random;

import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.graph.AdmissionCheck;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.ops.GradientMask;
import org.samediff.pruning.ops.TrainableBatchNorm;
import org.samediff.pruning.rewrite.MaskPass;
import org.samediff.pruning.training.MaskSet;

/** The library as the properties see it. */
public interface Cutter {
  /** The library itself. */
  Cutter LIBRARY = new Cutter() {};

  /** The library, which cuts units of dense layers as well. */
  Cutter DENSE_UNITS =
      new Cutter() {
        @Override
        public CutScope scope() {
          return CutScope.FILTERS.withDenseUnits(true);
        }
      };

  /** What may be cut. */
  default CutScope scope() {
    return CutScope.FILTERS;
  }

  /** Throws a PruningException if the graph is refused as a whole. */
  default void admit(SameDiff sd, Map<String, INDArray> inputs) {
    TrainableBatchNorm.register();
    GradientMask.register();
    GraphVerifier.require(sd);
    if (!sd.getLossVariables().isEmpty()) {
      AdmissionCheck.require(GraphCopy.of(sd), inputs);
    }
  }

  /** What can be cut. */
  default ChannelAnalysis analyze(SameDiff sd, Map<String, INDArray> inputs) {
    return ChannelAnalysis.of(
        GraphView.of(sd), Probe.shapes(sd, inputs), Properties.BATCH, Modes.outputs(sd), scope());
  }

  /** A copy with masks, its redundant units at zero. */
  default SameDiff masked(SameDiff sd, ChannelAnalysis analysis, boolean[][] kept) {
    SameDiff copy = GraphCopy.of(sd);
    MaskSet masks = new MaskSet(copy, analysis, MaskPass.insert(copy, analysis));
    masks.set(kept);
    masks.scaleRedundant(0);
    return copy;
  }

  /** The masked graph without masks and redundant units. */
  default SameDiff compacted(
      SameDiff masked, ChannelAnalysis analysis, boolean[][] kept, Map<String, INDArray> inputs) {
    return Compactor.compact(masked, analysis, kept, inputs, Modes.outputs(masked)).graph();
  }
}
