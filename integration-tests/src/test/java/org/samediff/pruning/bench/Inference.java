package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.deployment.Deployment;
import org.samediff.pruning.deployment.DeploymentGraph;

/**
 * Inference of the dense graph, of the compacted one with half of the channels, and of the
 * deployment graphs of both, in turns within one run, at batch 1 and 8. One JSON line per network,
 * each from a JVM of its own; medians over rounds in milliseconds, ratios of the dense graph's
 * median by the variant's, wall and CPU.
 *
 * <p>Arguments: {@code [rounds] [network...]}; all four networks without.
 */
public final class Inference {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final OperatingSystemMXBean OS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** The CPU clock ticks every 10 ms; a sample is longer. */
  private static final double SAMPLE_MS = 200;

  private static final int WARM_UP_ROUNDS = 2;

  private Inference() {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
    if (args.length == 2) {
      one(BenchNetwork.named(args[1]), rounds);
      return;
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", "inference");
    List<BenchNetwork> networks =
        args.length > 2
            ? Arrays.stream(args).skip(1).map(BenchNetwork::named).toList()
            : List.of(BenchNetwork.values());
    for (BenchNetwork n : networks) {
      all.put(n.label(), JSON.readTree(Children.run(Inference.class, "" + rounds, n.label())));
    }
    System.out.println(JSON.writeValueAsString(all));
  }

  private static void one(BenchNetwork network, int rounds) throws IOException {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    SameDiff dense = network.build(1);
    SameDiff compacted = DataFreeCut.of(dense, 0.5, 1);
    List<String> logits = List.of(BenchNetwork.LOGITS);
    DeploymentGraph deployed = Deployment.of(compacted, logits, Map.of());
    Map<String, SameDiff> graphs = new LinkedHashMap<>();
    graphs.put("dense", dense);
    graphs.put("dense_deployed", Deployment.of(dense, logits, Map.of()).graph());
    graphs.put("compacted", compacted);
    graphs.put("compacted_deployed", deployed.graph());
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "inference");
    json.put("network", network.label());
    json.put("threads", System.getenv().getOrDefault("OMP_NUM_THREADS", "default"));
    json.put("deployment_rel_diff", deployed.difference().maxRelative());
    for (int batch : new int[] {1, 8}) {
      json.put("batch_" + batch, batch(network, graphs, batch, rounds));
    }
    json.put("gemm_1024_ms", Measure.round(Measure.gemm()));
    out.println(JSON.writeValueAsString(json));
  }

  private static Map<String, Object> batch(
      BenchNetwork network, Map<String, SameDiff> graphs, int batch, int rounds) {
    INDArray images = Nd4j.rand(DataType.FLOAT, batch, 3, network.side(), network.side());
    Map<String, List<Double>> wall = new LinkedHashMap<>();
    Map<String, List<Double>> cpu = new LinkedHashMap<>();
    Map<String, Integer> runs = new LinkedHashMap<>();
    for (int r = 0; r < rounds + WARM_UP_ROUNDS; r++) {
      List<String> order = new ArrayList<>(graphs.keySet());
      Collections.rotate(order, r);
      for (String name : order) {
        int n = runs.getOrDefault(name, 1);
        long cpuBefore = OS.getProcessCpuTime();
        long before = System.nanoTime();
        for (int i = 0; i < n; i++) {
          graphs.get(name).output(Map.of(BenchNetwork.INPUT, images), BenchNetwork.LOGITS);
        }
        double ms = (System.nanoTime() - before) / 1e6 / n;
        if (r < WARM_UP_ROUNDS) {
          runs.put(name, (int) Math.max(1, Math.ceil(SAMPLE_MS / ms)));
        } else {
          Measure.add(wall, name, ms);
          Measure.add(cpu, name, (OS.getProcessCpuTime() - cpuBefore) / 1e6 / n);
        }
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    for (String name : graphs.keySet()) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("wall_ms", Measure.round(Measure.median(wall.get(name))));
      one.put("cpu_ms", Measure.round(Measure.median(cpu.get(name))));
      one.put("x_wall", ratio(wall, name));
      one.put("x_cpu", ratio(cpu, name));
      json.put(name, one);
    }
    return json;
  }

  /** Median over rounds of the dense graph's time by this one's. */
  private static double ratio(Map<String, List<Double>> times, String name) {
    return Measure.round(Measure.median(Measure.ratios(times.get("dense"), times.get(name))));
  }
}
