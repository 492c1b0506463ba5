package org.samediff.pruning.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.random.impl.GaussianDistribution;
import org.nd4j.linalg.factory.Nd4j;

class RandomNumbersTest {
  @Test
  void whatDependsOnDrawnNumbersIsFound() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, 2, 3);
    SDVariable same = x.mul("same", 2.0);
    SDVariable noise = new GaussianDistribution(sd, 0, 1, new long[] {2, 3}).outputVariable();
    same.add("noisy", noise);
    sd.nn().dropout("dropped", x, 0.5).add("after", 1.0);

    assertThat(RandomNumbers.behind(GraphView.of(sd)))
        .containsExactlyInAnyOrder(noise.name(), "noisy", "dropped", "after");
  }

  @Test
  void withoutDropoutInputsPassThroughChainsOfThem() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, 2, 3);
    SDVariable d = sd.nn().dropout("d2", sd.nn().dropout("d1", x.mul("h", 2.0), 0.5), 0.5);
    d.add("out", 1.0);
    String before = GraphText.digest(sd);

    SameDiff plain = RandomNumbers.withoutDropout(sd);

    assertThat(GraphVerifier.faults(plain)).isEmpty();
    assertThat(GraphView.of(plain).has("d1")).isFalse();
    INDArray out =
        Probe.run(plain, Map.of("x", Nd4j.ones(DataType.FLOAT, 2, 3)), List.of("out")).get("out");
    assertThat(out).isEqualTo(Nd4j.valueArrayOf(new long[] {2, 3}, 3.0f, DataType.FLOAT));
    assertThat(GraphText.digest(sd)).isEqualTo(before);
  }
}
