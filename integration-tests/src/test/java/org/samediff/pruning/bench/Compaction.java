package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.graph.GraphView;

/**
 * From a dense graph to a verified compacted one: every group loses the half of its channels whose
 * filters have the smallest L2 norms. One JSON line per network, each from a JVM of its own, so
 * that the first run is a cold one; CPU seconds of the process, medians over repetitions after the
 * cold run and one warm-up; and a line for peak resident memory, heap and native, as multiples of
 * the model's bytes.
 *
 * <p>Arguments: {@code [repetitions] [network]}; all four networks without.
 */
public final class Compaction {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> SMALL_HEAP =
      List.of("-XX:+UseSerialGC", "-Xmn16m", "-Dorg.bytedeco.javacpp.maxbytes=8g");

  /** Has glibc give freed arrays back to the system. */
  private static final Map<String, String> NO_ARENAS =
      Map.of("MALLOC_MMAP_THRESHOLD_", "65536", "MALLOC_ARENA_MAX", "1");

  private Compaction() {}

  public static void main(String[] args) throws Exception {
    if (args.length == 2 && args[0].equals("memory")) {
      memory(BenchNetwork.named(args[1]));
      return;
    }
    int repetitions = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    if (args.length == 3) {
      one(BenchNetwork.named(args[1]), repetitions);
      return;
    }
    List<BenchNetwork> networks =
        args.length == 2 ? List.of(BenchNetwork.named(args[1])) : List.of(BenchNetwork.values());
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", "compaction");
    for (BenchNetwork n : networks) {
      String times = Children.run(Compaction.class, "" + repetitions, n.label(), "alone");
      String peaks = Children.run(Compaction.class, SMALL_HEAP, NO_ARENAS, "memory", n.label());
      all.put(n.label(), List.of(JSON.readTree(times), JSON.readTree(peaks)));
    }
    System.out.println(JSON.writeValueAsString(all));
  }

  /** A second run in a JVM that returns what it frees: what is resident is what is used. */
  private static void memory(BenchNetwork network) throws IOException {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    SameDiff dense = network.build(1);
    long bytes = bytes(dense);
    CompactionRun.of(dense, bytes); // loads libraries, compiles
    CompactionRun run = CompactionRun.of(dense, bytes);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "memory");
    json.put("network", network.label());
    json.put("model_bytes", bytes);
    json.put("peak_x_masked_to_compacted", Measure.round(run.peakCompacting()));
    json.put("peak_x_with_source", Measure.round(run.peakTotal()));
    out.println(JSON.writeValueAsString(json));
  }

  private static void one(BenchNetwork network, int repetitions) throws IOException {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    double gemm = Measure.gemm();
    SameDiff dense = network.build(1);
    long bytes = bytes(dense);
    List<CompactionRun> warm = new ArrayList<>();
    CompactionRun cold = CompactionRun.of(dense, bytes);
    CompactionRun.of(dense, bytes);
    for (int i = 0; i < repetitions; i++) {
      warm.add(CompactionRun.of(dense, bytes));
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
    json.put("gemm_1024_ms", Measure.round(gemm));
    out.println(JSON.writeValueAsString(json));
  }

  private static double median(List<CompactionRun> runs, ToDoubleFunction<CompactionRun> of) {
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
