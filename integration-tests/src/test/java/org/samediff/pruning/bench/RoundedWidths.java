package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Whether this CPU's convolutions like channel counts that are multiples of 8 or 16: CPU time per
 * multiply-accumulate of a 3x3 convolution on one 28x28 map for every width from 48 to 80, in turns
 * over rounds; medians of the widths that are multiples of 16, of 8, and neither. JSON last.
 *
 * <p>Arguments: {@code [rounds]}.
 */
public final class RoundedWidths {
  private static final int SIDE = 28;
  private static final int CALLS = 10;

  private RoundedWidths() {}

  public static void main(String[] args) throws IOException {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "rounded-widths");
    for (boolean nhwc : new boolean[] {false, true}) {
      Map<String, List<Double>> picoseconds = new LinkedHashMap<>();
      for (int r = 0; r < rounds + 2; r++) {
        for (int width = 48; width <= 80; width++) {
          double time = perMac(width, nhwc);
          if (r >= 2) {
            Measure.add(picoseconds, "" + width, time);
          }
        }
      }
      Map<String, List<Double>> byKind = new LinkedHashMap<>();
      picoseconds.forEach((w, t) -> Measure.add(byKind, kind(w), Measure.median(t)));
      Map<String, Object> medians = new LinkedHashMap<>();
      byKind.forEach((kind, t) -> medians.put(kind, Measure.round(Measure.median(t))));
      json.put(nhwc ? "nhwc_ps_per_mac" : "nchw_ps_per_mac", medians);
    }
    json.put("gemm_1024_ms", Measure.round(Measure.gemm()));
    System.out.println(new ObjectMapper().writeValueAsString(json));
  }

  private static String kind(String width) {
    int w = Integer.parseInt(width);
    return w % 16 == 0 ? "multiple_of_16" : w % 8 == 0 ? "multiple_of_8" : "other";
  }

  private static double perMac(int width, boolean nhwc) {
    long[] shape = nhwc ? new long[] {1, SIDE, SIDE, width} : new long[] {1, width, SIDE, SIDE};
    INDArray x = Nd4j.rand(DataType.FLOAT, shape);
    INDArray w = Nd4j.rand(DataType.FLOAT, 3, 3, width, width);
    INDArray y = Nd4j.create(DataType.FLOAT, shape);
    DynamicCustomOp conv =
        DynamicCustomOp.builder("conv2d")
            .addInputs(x, w)
            .addOutputs(y)
            .addIntegerArguments(3, 3, 1, 1, 0, 0, 1, 1, 1, nhwc ? 1 : 0, 0)
            .build();
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      long before = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      Nd4j.exec(conv);
      times.add((double) (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - before));
    }
    x.close();
    w.close();
    y.close();
    return 1000 * Measure.median(times) / ((double) SIDE * SIDE * 9 * width * width);
  }
}
