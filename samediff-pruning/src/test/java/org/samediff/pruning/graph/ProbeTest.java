package org.samediff.pruning.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.listeners.impl.ScoreListener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.testing.Nets;

class ProbeTest {
  @Test
  void inputsFillTheFirstOpenAxisAndLabelsAreOneHot() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    Map<String, INDArray> inputs = Probe.inputs(sd, 6, 11, List.of("y"));

    assertThat(inputs.get("x").shape()).containsExactly(6, 3, 12, 12);
    assertThat(inputs.get("x").dataType()).isEqualTo(DataType.FLOAT);
    double[] y = inputs.get("y").data().asDouble();
    for (int n = 0; n < 6; n++) {
      for (int c = 0; c < 4; c++) {
        assertThat(y[n * 4 + c]).isEqualTo(n % 4 == c ? 1 : 0);
      }
    }
  }

  @Test
  void sameSeedSameInputsAndNd4jsRandomStateIsLeftAlone() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    Nd4j.getRandom().setSeed(3);
    double next = Nd4j.getRandom().nextDouble();
    Nd4j.getRandom().setSeed(3);
    INDArray a = Probe.inputs(sd, 2, 11, List.of()).get("x");

    assertThat(Nd4j.getRandom().nextDouble()).isEqualTo(next);
    assertThat(Probe.inputs(sd, 2, 11, List.of()).get("x")).isEqualTo(a);
    assertThat(Probe.inputs(sd, 2, 12, List.of()).get("x")).isNotEqualTo(a);
  }

  @Test
  void anotherOpenAxisIsRefusedWithPlaceholderShapeAndRemedy() {
    SameDiff sd = SameDiff.create();
    sd.placeHolder("image", DataType.FLOAT, -1, 3, -1, -1);

    assertThatThrownBy(() -> Probe.inputs(sd, 2, 1, List.of()))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.BAD_OPTION))
        .hasMessageContaining("\"image\"")
        .hasMessageContaining("[-1, 3, -1, -1]")
        .hasMessageContaining("example inputs");
  }

  @Test
  void aPlaceholderWithoutAnyShapeIsRefused() {
    SameDiff sd = SameDiff.create();
    sd.placeHolder("image", DataType.FLOAT);

    assertThatThrownBy(() -> Probe.inputs(sd, 2, 1, List.of()))
        .isInstanceOf(PruningException.class)
        .hasMessageContaining("\"image\"");
  }

  @Test
  void integersAreZerosAndTheLearningPhaseIsLeftToNd4j() {
    SameDiff sd = SameDiff.create();
    sd.placeHolder("ids", DataType.INT32, -1, 5);
    sd.placeHolder("keras_learning_phase", DataType.BOOL);
    Map<String, INDArray> inputs = Probe.inputs(sd, 2, 1, List.of());

    assertThat(inputs).containsOnlyKeys("ids");
    assertThat(inputs.get("ids")).isEqualTo(Nd4j.zeros(DataType.INT32, 2, 5));
    assertThat(Probe.shapes(sd, inputs).get("keras_learning_phase")).isEmpty();
  }

  @Test
  void shapesOfEveryVariableAreTheRunsOwn() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    Map<String, long[]> shapes = Probe.shapes(sd, Probe.inputs(sd, 5, 1, List.of("y")));

    assertThat(shapes).containsOnlyKeys(sd.getVariables().keySet());
    assertThat(shapes.get("c1_W")).containsExactly(3, 3, 3, 8);
    assertThat(shapes.get("p1")).containsExactly(5, 8, 6, 6);
    assertThat(shapes.get("flat")).containsExactly(5, 360);
    assertThat(shapes.get("logits")).containsExactly(5, 4);
    assertThat(shapes.get("x")).containsExactly(5, 3, 12, 12);
  }

  @Test
  void runGivesCopiesAndKeepsListenersAttached() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    ScoreListener listener = new ScoreListener(1);
    sd.setListeners(listener);
    Map<String, INDArray> inputs = Probe.inputs(sd, 2, 1, List.of("y"));
    INDArray first = Probe.run(sd, inputs, List.of("logits")).get("logits");
    INDArray again = Probe.run(sd, inputs, List.of("logits")).get("logits");

    assertThat(first).isEqualTo(again).isNotSameAs(again);
    assertThat(first.ordering()).isEqualTo('c');
    assertThat(sd.getListeners()).containsExactly(listener);
    assertThat(first).isEqualTo(sd.output(inputs, "logits").get("logits"));
  }

  @Test
  void listenersAreAttachedAgainWhenTheRunFails() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    ScoreListener listener = new ScoreListener(1);
    sd.setListeners(listener);

    assertThatThrownBy(() -> Probe.run(sd, Map.of(), List.of("logits")))
        .isInstanceOf(RuntimeException.class);
    assertThat(sd.getListeners()).containsExactly(listener);
  }
}
