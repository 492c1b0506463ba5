package org.samediff.pruning.zoo.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.listeners.impl.UIListener;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.common.primitives.Pair;
import org.nd4j.graph.UIEvent;
import org.nd4j.graph.ui.LogFileWriter;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;

/** SameDiff's own listener for its UI stands beside the run's. */
class UiLogTest {
  @TempDir Path folder;

  @Test
  void uiListenerWritesAPruningRun() throws Exception {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 1, 6, 6);
    SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 2);
    SDVariable w = sd.var("w", Nd4j.rand(DataType.FLOAT, 3, 3, 1, 8));
    SDVariable v = sd.var("v", Nd4j.rand(DataType.FLOAT, 8, 2));
    SDVariable map =
        sd.nn.relu(sd.cnn.conv2d("conv", x, w, Conv2DConfig.builder().kH(3).kW(3).build()), 0);
    SDVariable out = map.mean(2, 3).mmul(v);
    sd.setLossVariables(sd.loss.meanSquaredError("loss", y, out, null));
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Sgd(0.01))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    PrunedGraph pruned = PruningTransform.builder().filtersTarget(0.5).steps(6).build().apply(sd);
    Path log = folder.resolve("run.bin");
    UIListener ui = UIListener.builder(log.toFile()).plotLosses(1).learningRate(1).build();
    DataSet batch =
        new DataSet(Nd4j.rand(DataType.FLOAT, 4, 1, 6, 6), Nd4j.rand(DataType.FLOAT, 4, 2));

    pruned.graph().fit(new SingletonDataSetIterator(batch), 6, pruned.listener(), ui);

    List<? extends Pair<UIEvent, ?>> events = new LogFileWriter(log.toFile()).readEvents();
    System.out.println("EVENTS " + events.size());
    assertThat(events).isNotEmpty();
    assertThat(pruned.compact().report().filtersAfter()).isEqualTo(4);
  }
}
