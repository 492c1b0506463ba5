package org.samediff.pruning.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.compaction.UnitMask;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.importance.UnitNorms;

/** One compaction, timed phase by phase. */
final class CompactionRun {
  private static final OperatingSystemMXBean OS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final Map<String, double[]> seconds = new LinkedHashMap<>();
  private ChannelAnalysis analysis;
  private boolean[][] kept;
  private double difference;
  private double peakCompacting;
  private double peakTotal;

  private CompactionRun() {}

  /** Compacts the graph, which is only read, at half of each group's channels. */
  static CompactionRun of(SameDiff dense, long modelBytes) {
    CompactionRun run = new CompactionRun();
    run.compact(dense, Memory.start(modelBytes), modelBytes);
    return run;
  }

  private void compact(SameDiff dense, Memory memory, long modelBytes) {
    memory.resetPeak();
    Map<String, INDArray> inputs =
        time("inputs", () -> Probe.inputs(dense, 1, 1, List.of(BenchNetwork.LABELS)));
    GraphView view = time("view", () -> GraphView.of(dense));
    Map<String, long[]> shapes = time("shapes", () -> Probe.shapes(dense, inputs));
    analysis =
        time(
            "analysis",
            () ->
                ChannelAnalysis.of(
                    view, shapes, 1, List.of(BenchNetwork.LOGITS), DataFreeCut.SCOPE));
    kept = time("scores", () -> DataFreeCut.kept(UnitNorms.l2(dense, analysis), 0.5, 1));
    SameDiff masked = time("copy", () -> GraphCopy.from(dense).withoutUpdaterState().build());
    time(
        "mask",
        () -> {
          UnitMask.zero(masked, analysis, kept);
          return masked;
        });
    double before = memory.peak();
    memory.resetPeak();
    Compactor.Result result =
        time(
            "cut_and_proof",
            () -> Compactor.compact(masked, analysis, kept, inputs, List.of(BenchNetwork.LOGITS)));
    peakTotal = Math.max(before, memory.peak()) / modelBytes;
    peakCompacting = memory.peak() / (double) modelBytes - 1;
    difference = result.difference().maxRelative();
    seconds.put(
        "total",
        seconds.values().stream()
            .reduce(new double[2], (a, b) -> new double[] {a[0] + b[0], a[1] + b[1]}));
    time("of_it_proof", () -> proof(masked, result.graph(), inputs));
    GraphCopy.free(masked);
    GraphCopy.free(result.graph());
  }

  private static boolean proof(SameDiff masked, SameDiff slim, Map<String, INDArray> inputs) {
    Probe.run(masked, inputs, List.of(BenchNetwork.LOGITS));
    Probe.run(slim, inputs, List.of(BenchNetwork.LOGITS));
    return true;
  }

  private <T> T time(String phase, Supplier<T> work) {
    long cpu = OS.getProcessCpuTime();
    long wall = System.nanoTime();
    T result = work.get();
    seconds.put(
        phase,
        new double[] {(OS.getProcessCpuTime() - cpu) / 1e9, (System.nanoTime() - wall) / 1e9});
    return result;
  }

  Set<String> phases() {
    return seconds.keySet();
  }

  double cpu(String phase) {
    return seconds.get(phase)[0];
  }

  double wall(String phase) {
    return seconds.get(phase)[1];
  }

  long parameters() {
    return analysis.cost().total(Measure.PARAMETERS);
  }

  long parametersLeft() {
    return analysis.cost().cost(Measure.PARAMETERS, kept);
  }

  long macs() {
    return analysis.cost().total(Measure.MACS);
  }

  long macsLeft() {
    return analysis.cost().cost(Measure.MACS, kept);
  }

  double difference() {
    return difference;
  }

  /** Peak while cutting and proving, in models, the masked graph included, the source not. */
  double peakCompacting() {
    return peakCompacting;
  }

  /** Peak of everything, in models, source graph included. */
  double peakTotal() {
    return peakTotal;
  }
}
