package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.latency.Latency;
import org.samediff.pruning.latency.LatencyOptions;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;

class LatencyTargetTest {
  private static final int STEPS = 4;
  private static final int WIDTH = 96;

  @TempDir private Path cache;

  private PruningTransform.Builder transform(double ratio) {
    return PruningTransform.builder()
        .latencyTarget(ratio)
        .latency(LatencyOptions.defaults().withCache(cache).withBatch(8))
        .criterion(Criterion.l2())
        .steps(STEPS);
  }

  private CompactedGraph run(double ratio, SameDiff sd) {
    PrunedGraph pruned = transform(ratio).build().apply(sd);
    pruned.graph().fit(new Batches(Nets.data(DataType.FLOAT, 7, STEPS, 8)), 1, pruned.listener());
    return pruned.compact();
  }

  /** Wide enough for its multiply-accumulates to outweigh the engine's time for each op. */
  private static SameDiff wide() {
    Random random = new Random(7);
    SameDiff sd = SameDiff.create();
    Conv2DConfig config =
        Conv2DConfig.builder().kH(3).kW(3).paddingMode(PaddingMode.SAME).dataFormat("NCHW").build();
    SDVariable h = sd.placeHolder("x", DataType.FLOAT, -1, 3, Nets.SIDE, Nets.SIDE);
    int in = 3;
    for (int layer = 0; layer < 3; layer++) {
      SDVariable w =
          sd.var("w" + layer, Nets.gaussian(DataType.FLOAT, random, 0.05, 3, 3, in, WIDTH));
      h = sd.nn().relu(sd.cnn().conv2d("c" + layer, h, w, config), 0);
      in = WIDTH;
    }
    SDVariable w = sd.var("w", Nets.gaussian(DataType.FLOAT, random, 0.05, WIDTH, Nets.CLASSES));
    SDVariable logits = h.mean(2, 3).mmul("logits", w);
    SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, Nets.CLASSES);
    sd.loss().softmaxCrossEntropy("loss", y, logits, null);
    sd.setLossVariables("loss");
    Nets.train(sd, new Sgd(0.01));
    return sd;
  }

  @Test
  void cutsUntilTheMeasuredOpsFitAndReportsWhatWasReached() {
    CompactedGraph slim = run(0.5, wide());

    Latency latency = slim.report().latency().orElseThrow();
    assertThat(latency.promised()).isBetween(0.2, 0.5 + 1e-6);
    assertThat(latency.reached()).isPositive();
    assertThat(latency.before()).isPositive();
    assertThat(slim.report().filtersAfter()).isLessThan(slim.report().filtersBefore());
    assertThat(slim.report().maxRelativeDifference()).isLessThan(1e-4);
    assertThat(slim.report().toString()).contains("latency ", "% promised");
  }

  @Test
  void nothingToRemoveRemovesNothing() {
    CompactedGraph slim = run(0, Nets.vgg(DataType.FLOAT, 7));

    assertThat(slim.report().latency().orElseThrow().promised()).isEqualTo(1);
    assertThat(slim.report().filtersAfter()).isEqualTo(slim.report().filtersBefore());
  }

  @Test
  void otherTargetsMeasureNoLatency() {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.3)
            .criterion(Criterion.l2())
            .steps(STEPS)
            .latency(LatencyOptions.defaults().withCache(cache))
            .build()
            .apply(Nets.vgg(DataType.FLOAT, 7));
    pruned.graph().fit(new Batches(Nets.data(DataType.FLOAT, 7, STEPS, 8)), 1, pruned.listener());

    assertThat(pruned.compact().report().latency()).isEmpty();
    assertThat(cache).isEmptyDirectory();
  }
}
