package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;

/** Units of dense layers: left alone by default, cut like filters with {@code denseUnits}. */
class DenseUnitsTest {
  private static final long SEED = 31;
  private static final int STEPS = 8;

  private static PrunedGraph trained(SameDiff sd, PruningTransform.Builder builder) {
    PrunedGraph pruned = builder.steps(STEPS).build().apply(sd);
    DataType type = sd.getVariable("x").dataType();
    pruned.graph().fit(new Batches(Nets.data(type, SEED, STEPS, 9)), 1, pruned.listener());
    return pruned;
  }

  private static long[] shape(SameDiff sd, String variable) {
    return sd.getVariable(variable).getArr().shape();
  }

  @Test
  void unitsStayUnlessAskedFor() {
    CompactedGraph slim =
        trained(Nets.chain(DataType.FLOAT, SEED), PruningTransform.builder().filtersTarget(0.5))
            .compact();
    assertThat(shape(slim.graph(), "d1_W")[1]).isEqualTo(16);
    assertThat(slim.report().filtersBefore()).isEqualTo(8 + 10);
    assertThat(slim.plan().groups()).noneMatch(g -> g.layers().contains("d1_mm"));
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE"})
  void unitsAreScoredMaskedAndCutLikeFilters(DataType type) {
    SameDiff dense = Nets.chain(type, SEED);
    PrunedGraph pruned =
        trained(dense, PruningTransform.builder().layerRatio("d1_mm", 0.5).denseUnits());
    Map<String, INDArray> inputs = Probe.inputs(pruned.graph(), 5, SEED, List.of("y"));
    INDArray masked = Probe.run(pruned.graph(), inputs, List.of("logits")).get("logits");
    INDArray weights = pruned.graph().getVariable("d1_W").getArr();
    CompactedGraph slim = pruned.compact();
    List<Integer> cut =
        slim.plan().groups().stream()
            .filter(g -> g.layers().equals(List.of("d1_mm")))
            .findFirst()
            .orElseThrow()
            .cut();

    assertThat(cut).hasSize(8);
    for (int unit = 0; unit < 16; unit++) {
      double largest = weights.getColumn(unit).amaxNumber().doubleValue();
      assertThat(largest == 0).as("unit %d is zero", unit).isEqualTo(cut.contains(unit));
    }
    assertThat(shape(slim.graph(), "d1_W")).containsExactly(10 * 36, 8);
    assertThat(shape(slim.graph(), "d1_b")).containsExactly(8);
    assertThat(shape(slim.graph(), "fc_W")).containsExactly(8, Nets.CLASSES);
    assertThat(slim.report().filtersBefore()).isEqualTo(8 + 10 + 16 + Nets.CLASSES);
    assertThat(slim.report().filtersAfter()).isEqualTo(8 + 10 + 8 + Nets.CLASSES);
    INDArray small = Probe.run(slim.graph(), inputs, List.of("logits")).get("logits");
    double tolerance = type == DataType.DOUBLE ? 1e-12 : 1e-5;
    assertThat(Difference.between(masked, small, tolerance, tolerance).within())
        .as("masked and compacted outputs, seed %d", SEED)
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aNetworkOfDenseLayersAloneIsPruned(boolean transposed) {
    SameDiff sd = perceptron(transposed);
    assertThatThrownBy(
            () -> PruningTransform.builder().filtersTarget(0.5).steps(9).build().apply(sd))
        .isInstanceOf(PruningException.class)
        .hasMessageContaining("no convolution")
        .hasMessageContaining("denseUnits()");
    CompactedGraph slim =
        trained(sd, PruningTransform.builder().parametersTarget(0.5).denseUnits()).compact();
    long before = slim.report().parametersBefore();
    assertThat(before).isEqualTo(3 * 20 + 20 + 20 * 12 + 12 + 12 * Nets.CLASSES + Nets.CLASSES);
    assertThat(slim.report().parametersAfter()).isLessThanOrEqualTo(before / 2);
    assertThat(PruningTransform.replay(slim.plan(), sd).report().parametersAfter())
        .isEqualTo(slim.report().parametersAfter());
    assertThat(PruningPlan.fromJson(slim.plan().toJson())).isEqualTo(slim.plan());
  }

  /** 3-20-12-4 on the means of the maps, the weights of the middle layer either way round. */
  private static SameDiff perceptron(boolean transposed) {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 3, Nets.SIDE, Nets.SIDE);
    SDVariable h = sd.nn().relu("r1", layer("h1", x.mean("gap", false, 2, 3), 3, 20, false), 0);
    h = sd.nn().tanh("r2", layer("h2", h, 20, 12, transposed));
    SDVariable logits = sd.identity("logits", layer("h3", h, 12, Nets.CLASSES, false));
    SDVariable labels = sd.placeHolder("y", DataType.FLOAT, -1, Nets.CLASSES);
    sd.loss().softmaxCrossEntropy("loss", labels, logits, null);
    sd.setLossVariables("loss");
    Nets.train(sd, new Nesterovs(0.01, 0.9));
    return sd;
  }

  private static SDVariable layer(
      String name, SDVariable x, int in, int units, boolean transposed) {
    SameDiff sd = x.getSameDiff();
    Random random = new Random(SEED + units);
    SDVariable w =
        sd.var(
            name + "_W",
            transposed
                ? Nets.gaussian(DataType.FLOAT, random, 0.5, units, in)
                : Nets.gaussian(DataType.FLOAT, random, 0.5, in, units));
    SDVariable b = sd.var(name + "_b", Nets.gaussian(DataType.FLOAT, random, 0.1, units));
    return sd.mmul(name, x, w, false, transposed, false).add(b);
  }
}
