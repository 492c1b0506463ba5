package org.samediff.pruning.it.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.Probe;

class GraphSpecTest {
  private static final int BATCH = 2;

  @Test
  void textFormAndParseAreInverse() {
    for (long seed = 0; seed < 2000; seed++) {
      GraphSpec spec = Generator.generate(seed);
      assertThat(GraphSpec.parse(spec.toString())).as("seed %d", seed).isEqualTo(spec);
      assertThat(spec.valid()).as("seed %d", seed).isTrue();
      assertThat(spec.layers().size()).isBetween(1, Generator.MOST_LAYERS);
      assertThat(Generator.generate(seed)).isEqualTo(spec);
    }
  }

  @Test
  void everyKindIsReached() {
    Map<String, Integer> counts = new TreeMap<>();
    int losses = 0;
    for (long seed = 0; seed < 5000; seed++) {
      GraphSpec spec = Generator.generate(seed);
      spec.layers().forEach(l -> counts.merge(l.kind(), 1, Integer::sum));
      losses += spec.end().isPresent() ? 1 : 0;
    }
    System.out.println("5000 seeds, " + losses + " with loss: " + counts);
    assertThat(counts.keySet()).containsExactlyInAnyOrderElementsOf(LayerKinds.all().keySet());
    assertThat(counts.values()).as(counts.toString()).allMatch(n -> n >= 20);
    assertThat(losses).isBetween(3000, 3600);
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void inferredShapesAreSameDiffs(DataType type) {
    List<String> wrong = new ArrayList<>();
    int seeds = Integer.getInteger("seeds", 200);
    for (long seed = 0; seed < seeds; seed++) {
      GraphSpec spec = Generator.generate(seed);
      try {
        String problem = problem(spec, type);
        if (!problem.isEmpty()) {
          wrong.add(problem + "\n" + spec);
        }
      } catch (RuntimeException e) {
        wrong.add(e + "\n" + spec);
      }
    }
    assertThat(wrong).as(String.join("\n", wrong)).isEmpty();
  }

  private static String problem(GraphSpec spec, DataType type) {
    SameDiff sd = GraphBuilder.build(spec, type);
    List<Shape> shapes = spec.shapes().orElseThrow();
    List<String> names = new ArrayList<>();
    for (int v = spec.inputs().size(); v < spec.values(); v++) {
      names.add(GraphBuilder.name(v));
    }
    Map<String, INDArray> values = Probe.run(sd, GraphBuilder.inputs(spec, type, BATCH), names);
    StringBuilder text = new StringBuilder();
    for (int v = spec.inputs().size(); v < spec.values(); v++) {
      INDArray a = values.get(GraphBuilder.name(v));
      double sum = a.sumNumber().doubleValue();
      if (!Arrays.equals(a.shape(), shapes.get(v).withBatch(BATCH)) || a.dataType() != type) {
        text.append(String.format("v%d is %s %s%n", v, a.dataType(), Arrays.toString(a.shape())));
      } else if (Double.isNaN(sum) || Double.isInfinite(sum) || Math.abs(sum) > 1e8) {
        text.append(String.format("v%d sums to %s%n", v, sum));
      }
    }
    return text.toString();
  }

  @Test
  void oneSpecOneGraph() {
    GraphSpec spec = Generator.generate(3);
    SameDiff first = GraphBuilder.build(spec, DataType.FLOAT);
    SameDiff second = GraphBuilder.build(GraphSpec.parse(spec.toString()), DataType.FLOAT);
    assertThat(GraphText.digest(second)).isEqualTo(GraphText.digest(first));
  }
}
