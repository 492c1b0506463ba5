package org.samediff.pruning.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDIndex;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The traced rank is the one that the op's result has when it is run. */
class RankTraceTest {
  @Test
  void everyOpThatChangesTheRank() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 2, 3, 3);
    SDVariable vector = sd.constant("vector", Nd4j.ones(DataType.FLOAT, 1));
    List<SDVariable> traced = new ArrayList<>();
    traced.add(sd.reshape(x, -1, 18));
    traced.add(x.reshape(sd.constant(Nd4j.createFromArray(-1L, 2L, 9L))));
    traced.add(x.mean(false, 2, 3));
    traced.add(x.mean(true, 2, 3));
    traced.add(x.sum(false, 1).max(false, 1));
    traced.add(x.mean());
    traced.add(x.norm2(false, 2));
    traced.add(sd.squeeze(x.mean(true, 2, 3), 3));
    traced.add(sd.expandDims(x, 1));
    traced.add(sd.math().moments(x, new int[] {0, 2}, false)[0]);
    traced.add(sd.math().moments(x, new int[] {0, 2}, true)[1]);
    traced.add(sd.unstack(x, 1, 2)[0]);
    traced.add(sd.stack(0, x, x));
    traced.add(sd.permute(x, 0, 2, 3, 1));
    traced.add(x.get(SDIndex.all(), SDIndex.point(1)));
    traced.add(sd.gather(x, sd.constant(Nd4j.createFromArray(0, 1)), 1));
    traced.add(sd.gather(x, sd.constant(Nd4j.scalar(DataType.INT, 1)), 1));
    traced.add(vector.mul(x));
    traced.add(sd.nn().prelu(x, sd.var(Nd4j.ones(DataType.FLOAT, 2, 1, 1)), 2, 3));
    SDVariable[] masked =
        GradientMask.apply(
            sd,
            List.of(sd.var(Nd4j.ones(DataType.FLOAT, 1, 1, 2, 2)), vector),
            List.of(sd.constant(Nd4j.ones(DataType.FLOAT, 2)), vector));
    traced.add(masked[0]);
    traced.add(masked[1]);
    traced.add(sd.nn().relu(sd.reshape(x, -1, 6, 3), 0));
    traced.add(sd.reshape(x, -1, 18).mmul(sd.var(Nd4j.ones(DataType.FLOAT, 18, 2))));

    Map<String, INDArray> run =
        sd.output(
            Map.of("x", Nd4j.rand(DataType.FLOAT, 2, 2, 3, 3)),
            traced.stream().map(SDVariable::name).toArray(String[]::new));

    for (SDVariable v : traced) {
      assertThat(RankTrace.rankOf(sd, v.name()))
          .as("%s by %s", v.name(), sd.getVariableOutputOp(v.name()).opName())
          .isEqualTo(run.get(v.name()).rank());
    }
  }
}
