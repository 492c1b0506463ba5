package org.samediff.pruning.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.graph.GradientFunction;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Nets;

/** Gradients of the loss with masks and scores in the graph, against central differences. */
class ScoredGradientsTest {
  private static final long SEED = 31;
  private static final double H = 1e-6;

  @ParameterizedTest
  @CsvSource({
    "chain,false,two-factor",
    "chain,true,fpgm",
    "vgg,false,gamma",
    "resnet,false,two-factor",
    "resnet,true,two-factor"
  })
  void equalFiniteDifferences(String net, boolean nhwc, String criterion) {
    SameDiff sd =
        PruningTransform.builder()
            .macsTarget(0.5)
            .steps(10)
            .criterion(Criterion.named(criterion))
            .build()
            .apply(ScoreBench.net(net, DataType.DOUBLE, nhwc))
            .graph();
    DataSet batch = Nets.data(DataType.DOUBLE, SEED, 1, 4, nhwc).get(0);
    Map<String, INDArray> inputs = Map.of("x", batch.getFeatures(), "y", batch.getLabels());
    SameDiff gradients = GradientFunction.of(sd);
    Random random = new Random(SEED);

    double worst = 0;
    int compared = 0;
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (!v.trainable()) {
        continue;
      }
      String name = GradientFunction.gradientOf(gradients, v.name()).orElseThrow();
      INDArray gradient = Probe.run(gradients, inputs, List.of(name)).get(name);
      for (int probe = 0; probe < 2; probe++) {
        long at = random.nextInt((int) v.array().length());
        double old = v.array().getDouble(at);
        v.array().putScalar(at, old + H);
        double up = loss(gradients, inputs);
        v.array().putScalar(at, old - H);
        double down = loss(gradients, inputs);
        v.array().putScalar(at, old);
        double difference = (up - down) / (2 * H);
        double analytic = gradient.getDouble(at);
        assertThat(analytic)
            .as("%s, element %d, seed %d", v.name(), at, SEED)
            .isCloseTo(difference, within(1e-7 + 1e-5 * Math.abs(difference)));
        worst = Math.max(worst, Math.abs(analytic - difference));
        compared++;
      }
    }
    assertThat(compared).isGreaterThanOrEqualTo(16);
    assertThat(worst).as("differences of zero would compare nothing").isPositive();
  }

  /** In the gradient function: batch norm with the moments of the batch, as in training. */
  private static double loss(SameDiff gradients, Map<String, INDArray> inputs) {
    return Probe.run(gradients, inputs, List.of("loss")).get("loss").getDouble(0);
  }
}
