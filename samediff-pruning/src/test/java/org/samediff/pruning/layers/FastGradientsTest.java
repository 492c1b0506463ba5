package org.samediff.pruning.layers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.graph.GradientFunction;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.ops.ReluGradient;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;

/** Faster gradients are the same gradients. */
class FastGradientsTest {
  private static final long SEED = 12;

  private static INDArray run(String op, INDArray x, INDArray gradient) {
    INDArray result = Nd4j.createUninitialized(x.dataType(), x.shape(), 'c');
    DynamicCustomOp.DynamicCustomOpsBuilder builder =
        DynamicCustomOp.builder(op).addInputs(x, gradient).addOutputs(result);
    if (op.equals("thresholdedrelu_bp")) {
      builder.addFloatingPointArguments(0.0);
    }
    Nd4j.exec(builder.build());
    return result;
  }

  /** Zeros of either sign, NaN and infinities among the values; arrays of either order. */
  @ParameterizedTest
  @CsvSource({"FLOAT, c, c", "FLOAT, c, f", "FLOAT, f, c", "DOUBLE, c, c", "DOUBLE, f, f"})
  void theNativeOpsGiveTheSameBits(DataType type, char xOrder, char gradientOrder) {
    Random random = new Random(SEED);
    double[] odd = {
      0, -0.0, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e-40, -1e-40
    };
    for (long[] shape : List.of(new long[] {3, 5, 7, 4}, new long[] {6, 11}, new long[] {13})) {
      INDArray x = Nets.gaussian(type, random, 1, shape);
      INDArray gradient = Nets.gaussian(type, random, 1, shape);
      for (int i = 0; i < odd.length; i++) {
        x.reshape(-1).putScalar(i, odd[i]);
        gradient.reshape(-1).putScalar(odd.length - i, odd[i]);
      }
      INDArray slow = run("thresholdedrelu_bp", x.dup(xOrder), gradient.dup(gradientOrder));
      INDArray fast = run("relu_bp", x.dup(xOrder), gradient.dup(gradientOrder));
      assertThat(fast.data().asDouble()).as("seed %d", SEED).isEqualTo(slow.data().asDouble());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "chain, FLOAT, false",
    "vgg, FLOAT, true",
    "resnet, FLOAT, false",
    "resnet, DOUBLE, true"
  })
  void trainingEndsWithTheSameWeights(String net, DataType type, boolean nhwc) {
    SameDiff plain = Nets.named(net, type, SEED, nhwc);
    SameDiff fast = Nets.named(net, type, SEED, nhwc);
    FastGradients.use(fast);
    FastGradients.use(fast);
    assertThat(fast.getListeners()).filteredOn(l -> l instanceof FastGradients).hasSize(1);
    for (SameDiff sd : List.of(plain, fast)) {
      sd.fit(new Batches(Nets.data(type, SEED, 5, 9, nhwc)), 2);
    }
    assertThat(GraphText.digest(fast)).isEqualTo(GraphText.digest(plain));
    assertThat(types(plain)).containsKey("thresholdedrelu_bp").doesNotContainKey("relu_bp");
    assertThat(types(fast)).doesNotContainKey("thresholdedrelu_bp");
    assertThat(types(fast).get("relu_bp")).isEqualTo(types(plain).get("thresholdedrelu_bp"));
  }

  private static Map<String, Integer> types(SameDiff sd) {
    Map<String, Integer> types = new HashMap<>();
    GraphView.of(GradientFunction.of(sd))
        .ops()
        .forEach(op -> types.merge(op.type(), 1, Integer::sum));
    return types;
  }

  @Test
  void anotherThresholdIsLeft() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.var("x", Nets.gaussian(DataType.DOUBLE, new Random(SEED), 1, 4, 6));
    sd.nn().relu("r", x, 0.3).sum("loss");
    sd.setLossVariables("loss");
    ReluGradient.use(GradientFunction.of(sd));
    assertThat(types(sd)).containsKey("thresholdedrelu_bp").doesNotContainKey("relu_bp");
  }
}
