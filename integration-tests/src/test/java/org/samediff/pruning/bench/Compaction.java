package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.graph.GraphView;

/**
 * From a dense graph to a verified compacted one: every group loses the half of its channels whose
 * filters have the smallest L2 norms. One JSON line per network, each from a JVM of its own, so
 * that the first run is a cold one; CPU seconds of the process, medians over repetitions after the
 * cold run and one warm-up; peak memory as multiples of the model's bytes.
 *
 * <p>Arguments: {@code [repetitions] [network...]}; all four networks without.
 */
public final class Compaction {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Compaction() {}

  public static void main(String[] args) throws Exception {
    int repetitions = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    List<BenchNetwork> networks = new ArrayList<>();
    for (int i = 1; i < args.length; i++) {
      networks.add(BenchNetwork.named(args[i]));
    }
    if (networks.size() == 1) {
      one(networks.get(0), repetitions);
      return;
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", "compaction");
    for (BenchNetwork n : networks.isEmpty() ? List.of(BenchNetwork.values()) : networks) {
      all.put(
          n.label(), JSON.readTree(Children.run(Compaction.class, "" + repetitions, n.label())));
    }
    System.out.println(JSON.writeValueAsString(all));
  }

  private static void one(BenchNetwork network, int repetitions) throws IOException {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    double gemm = Measure.gemm();
    Memory memory = Memory.start();
    SameDiff dense = network.build(1);
    long bytes = bytes(dense);
    List<CompactionRun> warm = new ArrayList<>();
    CompactionRun cold = CompactionRun.of(dense, memory, bytes);
    CompactionRun.of(dense, memory, bytes);
    for (int i = 0; i < repetitions; i++) {
      warm.add(CompactionRun.of(dense, memory, bytes));
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "compaction");
    json.put("network", network.label());
    json.put("parameters", List.of(cold.parameters(), cold.parametersLeft()));
    json.put("macs", List.of(cold.macs(), cold.macsLeft()));
    json.put("model_bytes", bytes);
    json.put("max_rel_diff", cold.difference());
    json.put("cpu_s_cold", Measure.round(cold.cpu("total")));
    json.put("wall_s_cold", Measure.round(cold.wall("total")));
    for (String phase : cold.phases()) {
      json.put("cpu_s_" + phase, median(warm, r -> r.cpu(phase)));
    }
    json.put("wall_s_total", median(warm, r -> r.wall("total")));
    json.put("peak_x_masked_to_compacted", median(warm, CompactionRun::peakCompacting));
    json.put("peak_x_with_source", median(warm, CompactionRun::peakTotal));
    json.put("gemm_1024_ms", Measure.round(gemm));
    out.println(JSON.writeValueAsString(json));
  }

  private static double median(
      List<CompactionRun> runs, java.util.function.ToDoubleFunction<CompactionRun> of) {
    return Measure.round(Measure.median(runs.stream().map(of::applyAsDouble).toList()));
  }

  private static long bytes(SameDiff sd) {
    long total = 0;
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      total += v.stored() ? v.array().length() * v.dtype().width() : 0;
    }
    return total;
  }
}
