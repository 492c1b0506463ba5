package org.samediff.pruning.compaction;

import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.Fold;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.GraphVerifier;

/** The compaction pass: cuts, verifies the new graph, and proves that its outputs are the same. */
public final class Compactor {
  private Compactor() {}

  /**
   * The compacted graph and how far its outputs are from the masked graph's.
   *
   * @param graph a new graph, without masks
   * @param inexact why outputs differ, where cuts that change them were allowed; else empty
   */
  public record Result(SameDiff graph, Difference difference, List<String> inexact) {}

  /**
   * Compacts a graph whose redundant units are zero; the graph is only read.
   *
   * @param kept channels that stay, {@code [group][channel]}
   * @param inputs arrays for every placeholder, for the proof
   * @param outputs variables that are compared
   * @throws org.samediff.pruning.error.PruningException NOT_EQUAL unless the analysis says that
   *     these cuts change the outputs, DAMAGED_GRAPH
   */
  public static Result compact(
      SameDiff masked,
      ChannelAnalysis analysis,
      boolean[][] kept,
      Map<String, INDArray> inputs,
      List<String> outputs) {
    Map<Fold, INDArray> constants = new DeadConstants(masked, analysis, kept).measure(inputs);
    SameDiff slim = new ChannelCut(analysis, kept, constants).apply(masked);
    GraphVerifier.require(slim);
    List<String> inexact = analysis.inexactReasons(kept);
    Difference difference = EqualityProof.compare(masked, slim, inputs, outputs, inexact.isEmpty());
    return new Result(slim, difference, inexact);
  }

  /**
   * The graph without these channels, whatever their weights are, and without what only training
   * needs: of the compacted graph's shapes, not of its values. The graph is only read.
   */
  public static SameDiff shape(SameDiff sd, ChannelAnalysis analysis, boolean[][] kept) {
    return new ChannelCut(analysis, kept, Map.of()).applyForInference(sd);
  }
}
