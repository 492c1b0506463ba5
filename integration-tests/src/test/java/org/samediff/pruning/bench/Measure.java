package org.samediff.pruning.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What the benchmarks share: medians, ratios within a round, and the yardstick of the machine. */
final class Measure {
  private Measure() {}

  static void add(Map<String, List<Double>> times, String name, double value) {
    times.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
  }

  static List<Double> ratios(List<Double> a, List<Double> b) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      ratios.add(a.get(i) / b.get(i));
    }
    return ratios;
  }

  static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  /** Median milliseconds of a 1024 x 1024 x 1024 float matrix product. */
  static double gemm() {
    INDArray a = Nd4j.rand(DataType.FLOAT, 1024, 1024);
    INDArray c = a.ulike();
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < 15; i++) {
      long before = System.nanoTime();
      a.mmuli(a, c);
      times.add((System.nanoTime() - before) / 1e6);
    }
    return median(times);
  }
}
