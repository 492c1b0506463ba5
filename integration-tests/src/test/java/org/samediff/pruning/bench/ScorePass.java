package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.reduce3.Dot;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.importance.MapSums;

/**
 * Both factors of the score of one layer: {@link MapSums} against ND4J's ops, {@code dot} and an
 * average pooling over the whole map, in turns, for NCHW maps as they are in ResNet-56 and
 * ResNet50. Microseconds, and the median of the ratios within a round.
 *
 * <p>Argument: {@code [rounds]}.
 */
public final class ScorePass {
  private static final int WARM_UP = 100;

  private ScorePass() {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 200;
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "score-pass");
    for (int[] shape :
        new int[][] {{32, 16, 32, 32}, {32, 32, 16, 16}, {32, 64, 8, 8}, {2, 256, 56, 56}}) {
      json.put(
          String.format("%dx%dx%dx%d", shape[0], shape[1], shape[2], shape[3]), one(shape, rounds));
    }
    json.put("gemm_1024_ms", Measure.round(Measure.gemm()));
    System.out.println(new ObjectMapper().writeValueAsString(json));
  }

  private static Map<String, Object> one(int[] shape, int rounds) {
    INDArray map = Nd4j.rand(DataType.FLOAT, shape);
    INDArray gradient = Nd4j.rand(DataType.FLOAT, shape);
    INDArray sums = Nd4j.create(DataType.FLOAT, shape[0], shape[1]);
    INDArray means = Nd4j.create(DataType.FLOAT, shape[0], shape[1], 1, 1);
    List<Double> loops = new ArrayList<>();
    List<Double> ops = new ArrayList<>();
    for (int r = -WARM_UP; r < rounds; r++) {
      long start = System.nanoTime();
      MapSums.of(map, gradient, 1);
      long between = System.nanoTime();
      Nd4j.getExecutioner().exec(new Dot(map, gradient, sums, false, false, 2, 3));
      Nd4j.exec(
          DynamicCustomOp.builder("avgpool2d")
              .addInputs(map)
              .addOutputs(means)
              .addIntegerArguments(shape[2], shape[3], shape[2], shape[3], 0, 0, 1, 1, 0, 1, 0)
              .build());
      long end = System.nanoTime();
      if (r >= 0) {
        loops.add((between - start) / 1e3);
        ops.add((end - between) / 1e3);
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("pass_us", Measure.round(Measure.median(loops)));
    json.put("ops_us", Measure.round(Measure.median(ops)));
    json.put("ratio", Measure.round(Measure.median(Measure.ratios(loops, ops))));
    return json;
  }
}
