package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.training.PruningSchedule;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * What pruning adds to a training step: the same script with and without it, in turns within one
 * run, half of the multiply-accumulates masked, two-factor scores at every step, at every fourth
 * step in turns, and masks alone (random criterion). Prints one line per variant and a JSON object
 * last; ratios are medians over rounds of variant by plain script within the round.
 *
 * <p>Arguments: {@code [rounds] [steps per round] [resnet|vgg] [batch]}.
 */
public final class StepOverhead {
  private static final OperatingSystemMXBean OS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final int WARM_UP_ROUNDS = 2;

  private record Variant(String name, SameDiff graph, Listener[] listeners) {}

  private StepOverhead() {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 12;
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 20;
    DemoNetwork network =
        DemoNetwork.valueOf((args.length > 2 ? args[2] : "resnet").toUpperCase(Locale.ROOT));
    int batch = args.length > 3 ? Integer.parseInt(args[3]) : 32;
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));

    List<DataSet> data = new ArrayList<>();
    ImageIterator images = ImageIterator.shuffled(FashionMnist.bundled().train(), batch, 1);
    while (data.size() < steps) {
      data.add(images.next());
    }
    List<Variant> variants =
        List.of(
            new Variant("plain", script(network), new Listener[0]),
            pruned("masks_only", network, Criterion.random(), 1),
            pruned("every_step", network, Criterion.twoFactor(), 1),
            pruned("every_4th_in_turns", network, Criterion.twoFactor(), 4));
    Map<String, List<Double>> wall = new LinkedHashMap<>();
    Map<String, List<Double>> cpu = new LinkedHashMap<>();
    for (int r = 0; r < rounds + WARM_UP_ROUNDS; r++) {
      List<Variant> order = new ArrayList<>(variants);
      Collections.rotate(order, r);
      for (Variant v : order) {
        long cpuBefore = OS.getProcessCpuTime();
        long before = System.nanoTime();
        v.graph().fit(new Cycle(data), 1, v.listeners());
        if (r >= WARM_UP_ROUNDS) {
          add(wall, v.name(), (System.nanoTime() - before) / 1e6 / steps);
          add(cpu, v.name(), (OS.getProcessCpuTime() - cpuBefore) / 1e6 / steps);
        }
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "step-overhead");
    json.put("network", network.label());
    json.put("batch", batch);
    json.put("rounds", rounds);
    json.put("plain_ms", round(median(wall.get("plain"))));
    for (Variant v : variants.subList(1, variants.size())) {
      double byWall = median(ratios(wall.get(v.name()), wall.get("plain")));
      double byCpu = median(ratios(cpu.get(v.name()), cpu.get("plain")));
      out.printf(
          Locale.ROOT,
          "%-20s %7.1f ms, plain %7.1f ms; ratio %.3f wall, %.3f cpu%n",
          v.name(),
          median(wall.get(v.name())),
          median(wall.get("plain")),
          byWall,
          byCpu);
      json.put("ratio_" + v.name(), round(byWall));
      json.put("cpu_ratio_" + v.name(), round(byCpu));
    }
    json.put("gemm_1024_ms", round(gemm()));
    out.println(new ObjectMapper().writeValueAsString(json));
  }

  private static SameDiff script(DemoNetwork network) {
    SameDiff sd = network.build(1);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(1e-3, 0.9))
            .regularization(new L2Regularization(5e-4))
            .dataSetFeatureMapping(DemoNetwork.INPUT)
            .dataSetLabelMapping(DemoNetwork.LABELS)
            .build());
    return sd;
  }

  private static Variant pruned(
      String name, DemoNetwork network, Criterion criterion, int interval) {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.5)
            .criterion(criterion)
            .scoringInterval(interval)
            .schedule(PruningSchedule.ofSteps(1_000_000).withPhases(0, 0, 0.9))
            .build()
            .apply(script(network));
    return new Variant(name, pruned.graph(), new Listener[] {pruned.listener()});
  }

  private static double gemm() {
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

  private static void add(Map<String, List<Double>> times, String name, double value) {
    times.computeIfAbsent(name, n -> new ArrayList<>()).add(value);
  }

  private static List<Double> ratios(List<Double> a, List<Double> b) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      ratios.add(a.get(i) / b.get(i));
    }
    return ratios;
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get(sorted.size() / 2);
  }

  private static double round(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  /** The same minibatches in the same order at each pass. */
  private static final class Cycle implements DataSetIterator {
    private final List<DataSet> data;
    private int next;

    Cycle(List<DataSet> data) {
      this.data = data;
    }

    @Override
    public boolean hasNext() {
      return next < data.size();
    }

    @Override
    public DataSet next() {
      return data.get(next++);
    }

    @Override
    public DataSet next(int count) {
      return next();
    }

    @Override
    public void reset() {
      next = 0;
    }

    @Override
    public boolean resetSupported() {
      return true;
    }

    @Override
    public boolean asyncSupported() {
      return false;
    }

    @Override
    public int inputColumns() {
      return data.get(0).numInputs();
    }

    @Override
    public int totalOutcomes() {
      return data.get(0).numOutcomes();
    }

    @Override
    public int batch() {
      return data.get(0).numExamples();
    }

    @Override
    public void setPreProcessor(DataSetPreProcessor preProcessor) {
      throw new UnsupportedOperationException();
    }

    @Override
    public DataSetPreProcessor getPreProcessor() {
      return null;
    }

    @Override
    public List<String> getLabels() {
      return null;
    }
  }
}
