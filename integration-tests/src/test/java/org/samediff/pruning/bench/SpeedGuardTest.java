package org.samediff.pruning.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CostModel;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.deployment.Deployment;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;

/** Ratios with generous bounds, so that no change makes compacted graphs slow unnoticed. */
class SpeedGuardTest {
  private static final int ROUNDS = 9;

  /**
   * Half of the channels are a quarter of the work; the best of several runs in turns is compared.
   */
  @Test
  void compactedIsFasterThanDense() {
    SameDiff dense = BenchNetwork.CIFAR_VGG16BN.build(1);
    SameDiff compacted = DataFreeCut.of(dense, 0.5, 1);
    SameDiff deployed = Deployment.of(compacted, List.of(BenchNetwork.LOGITS), Map.of()).graph();
    INDArray images = Nd4j.rand(DataType.FLOAT, 4, 3, 32, 32);
    double[] best = {1e9, 1e9, 1e9};
    for (int r = 0; r < ROUNDS; r++) {
      best[0] = Math.min(best[0], milliseconds(dense, images));
      best[1] = Math.min(best[1], milliseconds(compacted, images));
      best[2] = Math.min(best[2], milliseconds(deployed, images));
    }
    assertThat(best[0] / best[1]).as("dense by compacted").isGreaterThan(1.1);
    assertThat(best[0] / best[2]).as("dense by deployed").isGreaterThan(1.1);
  }

  private static double milliseconds(SameDiff sd, INDArray images) {
    long before = System.nanoTime();
    sd.output(Map.of(BenchNetwork.INPUT, images), BenchNetwork.LOGITS);
    return (System.nanoTime() - before) / 1e6;
  }

  @ParameterizedTest
  @EnumSource(
      value = BenchNetwork.class,
      names = {"CIFAR_RESNET56", "CIFAR_VGG16BN"})
  void networksHaveThePublishedSizes(BenchNetwork network) {
    SameDiff sd = network.build(1);
    Map<String, INDArray> inputs = Probe.inputs(sd, 1, 1, List.of(BenchNetwork.LABELS));
    CostModel cost =
        ChannelAnalysis.of(
                GraphView.of(sd), Probe.shapes(sd, inputs), 1, List.of(BenchNetwork.LOGITS))
            .cost();
    assertThat(cost.total(Measure.PARAMETERS)).isEqualTo(network.parameters());
    assertThat(cost.total(Measure.MACS)).isEqualTo(network.macs());
  }
}
