package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.layers.FastGradients;
import org.samediff.pruning.training.PruningSchedule;

/**
 * What pruning adds to a training step: the same script with and without it, and with nothing but
 * the faster gradients that pruning uses too, in turns within one run, half of the
 * multiply-accumulates masked, two-factor scores at every step, at every fourth step in turns, and
 * masks alone (random criterion). Prints one line per variant and a JSON object last; ratios are
 * medians over rounds of variant by plain script within the round, of wall time, of the process'
 * CPU time and of the training thread's. With {@code -Dbench.threads=1} the last holds all native
 * work too and hardly depends on what else the machine does.
 *
 * <p>Arguments: {@code [rounds] [steps per round] [network] [batch]}, the network resnet or vgg
 * (the demo's, on Fashion-MNIST) or one of {@link org.samediff.pruning.bench.nets.BenchNetwork}.
 */
public final class StepOverhead {
  private static final OperatingSystemMXBean OS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int WARM_UP_ROUNDS = 2;

  private record Variant(String name, SameDiff graph, Listener[] listeners) {}

  private StepOverhead() {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 12;
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    int batch = args.length > 3 ? Integer.parseInt(args[3]) : 32;
    TrainingScript script = TrainingScript.named(args.length > 2 ? args[2] : "resnet");
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));

    List<DataSet> data = script.data(batch, steps);
    List<Variant> variants =
        List.of(
            new Variant("plain", script.build(), new Listener[0]),
            new Variant(
                "plain_fast_gradients", script.build(), new Listener[] {new FastGradients()}),
            pruned("masks_only", script, Criterion.random(), 1),
            pruned("every_step", script, Criterion.twoFactor(), 1),
            pruned("every_4th_in_turns", script, Criterion.twoFactor(), 4));
    Map<String, List<Double>> wall = new LinkedHashMap<>();
    Map<String, List<Double>> cpu = new LinkedHashMap<>();
    Map<String, List<Double>> thread = new LinkedHashMap<>();
    for (int r = 0; r < rounds + WARM_UP_ROUNDS; r++) {
      List<Variant> order = new ArrayList<>(variants);
      Collections.rotate(order, r);
      for (Variant v : order) {
        long cpuBefore = OS.getProcessCpuTime();
        long threadBefore = THREADS.getCurrentThreadCpuTime();
        long before = System.nanoTime();
        v.graph().fit(new Cycle(data), 1, v.listeners());
        if (r >= WARM_UP_ROUNDS) {
          Measure.add(wall, v.name(), (System.nanoTime() - before) / 1e6 / steps);
          Measure.add(
              thread, v.name(), (THREADS.getCurrentThreadCpuTime() - threadBefore) / 1e6 / steps);
          Measure.add(cpu, v.name(), (OS.getProcessCpuTime() - cpuBefore) / 1e6 / steps);
        }
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "step-overhead");
    json.put("network", script.label());
    json.put("batch", batch);
    json.put("rounds", rounds);
    json.put("omp_threads", System.getenv().getOrDefault("OMP_NUM_THREADS", "all"));
    json.put("plain_ms", Measure.round(Measure.median(wall.get("plain"))));
    for (Variant v : variants.subList(1, variants.size())) {
      double byWall = Measure.median(Measure.ratios(wall.get(v.name()), wall.get("plain")));
      double byCpu = Measure.median(Measure.ratios(cpu.get(v.name()), cpu.get("plain")));
      double byThread = Measure.median(Measure.ratios(thread.get(v.name()), thread.get("plain")));
      out.printf(
          Locale.ROOT,
          "%-20s %7.1f ms, plain %7.1f ms; ratio %.3f wall, %.3f cpu, %.3f training thread%n",
          v.name(),
          Measure.median(wall.get(v.name())),
          Measure.median(wall.get("plain")),
          byWall,
          byCpu,
          byThread);
      json.put("ratio_" + v.name(), Measure.round(byWall));
      json.put("cpu_ratio_" + v.name(), Measure.round(byCpu));
      json.put("thread_ratio_" + v.name(), Measure.round(byThread));
    }
    json.put("gemm_1024_ms", Measure.round(Measure.gemm()));
    out.println(new ObjectMapper().writeValueAsString(json));
  }

  private static Variant pruned(
      String name, TrainingScript script, Criterion criterion, int interval) {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.5)
            .criterion(criterion)
            .scoringInterval(interval)
            .schedule(PruningSchedule.ofSteps(1_000_000).withPhases(0, 0, 0.9))
            .build()
            .apply(script.build());
    return new Variant(name, pruned.graph(), new Listener[] {pruned.listener()});
  }
}
