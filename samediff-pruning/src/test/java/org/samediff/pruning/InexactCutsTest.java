package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Trunk;

/** Cuts that change outputs: left whole by default, made and reported with {@code allowInexact}. */
class InexactCutsTest {
  private static final int STEPS = 9;
  private static final String REASON =
      "conv2d \"c2\" pads it with zeros, and a cut channel is a constant there, not zero";

  /** A sigmoid between two convolutions: a cut channel is 0.5 inside and 0 in the padding. */
  private static SameDiff net() {
    Trunk t = new Trunk();
    SDVariable h = t.sd.nn().sigmoid("sg", t.conv("c1", t.x, 3, 8));
    return t.close(t.relu("r2", t.conv("c2", h, 8, 6)), 6);
  }

  private static PrunedGraph trained(PruningTransform.Builder builder) {
    PrunedGraph pruned = builder.layerRatio("c1", 0.5).steps(STEPS).seed(3).build().apply(net());
    Map<String, INDArray> inputs = Probe.inputs(pruned.graph(), 4, 9, List.of("y"));
    DataSet batch = new DataSet(inputs.get("x"), inputs.get("y"));
    for (int i = 0; i < STEPS; i++) {
      pruned.graph().fit(batch, pruned.listener());
    }
    return pruned;
  }

  @Test
  void theReportNamesTheCutAndHowFarTheOutputsMoved() {
    PrunedGraph pruned = trained(PruningTransform.builder().filtersTarget(0.2).allowInexact());
    Map<String, INDArray> inputs = Probe.inputs(pruned.graph(), 4, 1, List.of("y"));
    CompactedGraph slim = pruned.compact(inputs);

    assertThat(pruned.keptLayers()).isEmpty();
    assertThat(slim.graph().getVariable("c1_W").getShape()).containsExactly(3, 3, 3, 4);
    assertThat(slim.report().inexactCuts()).containsExactly(REASON);
    assertThat(slim.report().toString()).contains("not exact: " + REASON);
    INDArray masked = Probe.run(pruned.maskedGraph(), inputs, List.of("logits")).get("logits");
    INDArray compacted = Probe.run(slim.graph(), inputs, List.of("logits")).get("logits");
    double moved = masked.sub(compacted).amaxNumber().doubleValue();
    assertThat(moved).isGreaterThan(1e-4);
    assertThat(slim.report().maxAbsoluteDifference()).isCloseTo(moved, within(1e-12));
  }

  @Test
  void withoutItTheLayerIsLeftWholeAndNamed() {
    PrunedGraph pruned =
        PruningTransform.builder().filtersTarget(0.2).steps(STEPS).build().apply(net());

    assertThat(pruned.keptLayers()).containsExactly(Map.entry("c1", REASON));
    assertThat(pruned.groups()).noneMatch(g -> g.members().contains("c1"));
  }

  @Test
  void thePlanSaysSoAndIsReplayed() {
    CompactedGraph slim =
        trained(PruningTransform.builder().filtersTarget(0.2).allowInexact()).compact();
    PruningPlan read = PruningPlan.fromJson(slim.plan().toJson());
    CompactedGraph again = PruningTransform.replay(read, net());

    assertThat(read.source().scope().allowInexact()).isTrue();
    assertThat(again.report().inexactCuts()).containsExactly(REASON);
    assertThat(again.graph().getVariable("c1_W").getShape()).containsExactly(3, 3, 3, 4);
  }
}
