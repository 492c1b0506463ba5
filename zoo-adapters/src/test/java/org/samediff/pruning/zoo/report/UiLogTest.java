package org.samediff.pruning.zoo.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.flatbuffers.Table;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.listeners.impl.UIListener;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.common.primitives.Pair;
import org.nd4j.graph.FlatArray;
import org.nd4j.graph.UIAddName;
import org.nd4j.graph.UIEvent;
import org.nd4j.graph.UIGraphStructure;
import org.nd4j.graph.ui.LogFileWriter;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.RunHistory;
import org.samediff.pruning.RunRecorder;

/** SameDiff's own listener for its UI stands beside the run's. */
class UiLogTest {
  private static final int STEPS = 6;

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
    PrunedGraph pruned =
        PruningTransform.builder().filtersTarget(0.5).steps(STEPS).build().apply(sd);
    Path log = folder.resolve("run.bin");
    Path other = folder.resolve("samediff.bin");
    UIListener ui = UIListener.builder(other.toFile()).plotLosses(1).learningRate(1).build();
    RunRecorder recorder = new RunRecorder(pruned);
    DataSet batch =
        new DataSet(Nd4j.rand(DataType.FLOAT, 4, 1, 6, 6), Nd4j.rand(DataType.FLOAT, 4, 2));

    pruned
        .graph()
        .fit(
            new SingletonDataSetIterator(batch),
            STEPS,
            pruned.listener(),
            recorder,
            new UiLogListener(pruned, log),
            ui);

    LogFileWriter written = new LogFileWriter(log.toFile());
    assertThat(written.readStatic().getData().get(0).getSecond())
        .isInstanceOfSatisfying(
            UIGraphStructure.class,
            graph -> assertThat(graph.inputsLength()).as("placeholders").isEqualTo(2));
    Map<String, List<Double>> scalars = scalars(written);
    List<RunHistory.Point> points = recorder.history().points();
    assertThat(points).hasSize(STEPS);
    assertThat(scalars).containsOnlyKeys("loss", "pruning/ratio", "pruning/flips");
    assertThat(scalars.get("loss"))
        .isEqualTo(points.stream().map(p -> (double) (float) p.loss()).toList());
    assertThat(scalars.get("pruning/ratio"))
        .isEqualTo(points.stream().map(p -> (double) (float) p.ratio()).toList());
    assertThat(scalars.get("pruning/flips"))
        .isEqualTo(points.stream().map(p -> (double) p.flips()).toList());
    assertThat(new LogFileWriter(other.toFile()).readEvents()).isNotEmpty();
    assertThatThrownBy(() -> new UiLogListener(pruned, log))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("run.bin");
    assertThat(pruned.compact().report().filtersAfter()).isEqualTo(4);
  }

  private static Map<String, List<Double>> scalars(LogFileWriter log) throws IOException {
    List<String> names = new ArrayList<>();
    Map<String, List<Double>> scalars = new LinkedHashMap<>();
    for (Pair<UIEvent, Table> event : log.readEvents()) {
      if (event.getSecond() instanceof UIAddName name) {
        assertThat(name.nameIdx()).isEqualTo(names.size());
        names.add(name.name());
      } else {
        FlatArray value = (FlatArray) event.getSecond();
        scalars
            .computeIfAbsent(names.get(event.getFirst().nameIdx()), n -> new ArrayList<>())
            .add(Nd4j.createFromFlatArray(value).getDouble(0));
      }
    }
    return scalars;
  }
}
