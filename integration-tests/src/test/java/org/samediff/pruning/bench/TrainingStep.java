package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.autodiff.listeners.impl.ScoreListener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.layers.FastGradients;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.Dl4jConverter;

/**
 * One training step in several settings, in turns within one run; one JVM per network. A network of
 * the zoo: DL4J's own {@code fit} with and without workspaces against the converted graph as it
 * comes, without the faster gradients, and with a listener. A benchmark network: SameDiff in NCHW
 * against NHWC. Milliseconds are medians; ratios are medians, over rounds, of the first variant's
 * time by the variant's, so above one is faster than the first.
 *
 * <p>Arguments: {@code [rounds [steps per round [NETWORK ...]]]}, a network as {@code
 * zoo:NAME:SIDE:BATCH} or {@code bench:NAME:BATCH}.
 */
public final class TrainingStep {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final OperatingSystemMXBean OS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final int WARM_UP_ROUNDS = 2;
  private static final int CLASSES = 10;
  private static final List<String> DEFAULT =
      List.of(
          "zoo:lenet:28:32",
          "zoo:simplecnn:48:32",
          "zoo:vgg16:32:8",
          "zoo:resnet50:136:2",
          "bench:cifar_resnet56:32",
          "bench:cifar_vgg16bn:32",
          "bench:resnet50:2");

  private TrainingStep() {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 9;
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    if (args.length == 3) {
      PrintStream out = System.out;
      System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
      out.println(JSON.writeValueAsString(one(args[2], rounds, steps)));
      return;
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", "training-step");
    List<String> networks =
        args.length > 3 ? List.of(Arrays.copyOfRange(args, 2, args.length)) : DEFAULT;
    for (String n : networks) {
      all.put(n, JSON.readTree(Children.run(TrainingStep.class, "" + rounds, "" + steps, n)));
    }
    System.out.println(JSON.writeValueAsString(all));
  }

  private static Map<String, Object> one(String network, int rounds, int steps) {
    String[] parts = network.split(":");
    Map<String, Runnable> variants =
        parts[0].equals("zoo")
            ? zoo(parts[1], Integer.parseInt(parts[2]), Integer.parseInt(parts[3]), steps)
            : bench(BenchNetwork.named(parts[1]), Integer.parseInt(parts[2]), steps);
    Map<String, List<Double>> wall = new LinkedHashMap<>();
    Map<String, List<Double>> cpu = new LinkedHashMap<>();
    for (int r = 0; r < rounds + WARM_UP_ROUNDS; r++) {
      List<String> order = new ArrayList<>(variants.keySet());
      Collections.rotate(order, r);
      for (String name : order) {
        long cpuBefore = OS.getProcessCpuTime();
        long before = System.nanoTime();
        variants.get(name).run();
        if (r >= WARM_UP_ROUNDS) {
          Measure.add(wall, name, (System.nanoTime() - before) / 1e6 / steps);
          Measure.add(cpu, name, (OS.getProcessCpuTime() - cpuBefore) / 1e6 / steps);
        }
      }
    }
    String first = variants.keySet().iterator().next();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("network", network);
    json.put("omp_threads", System.getenv().getOrDefault("OMP_NUM_THREADS", "all"));
    for (String name : variants.keySet()) {
      json.put(name + "_ms", Measure.round(Measure.median(wall.get(name))));
      json.put(name + "_cpu_ms", Measure.round(Measure.median(cpu.get(name))));
      if (!name.equals(first)) {
        List<Double> ratios = Measure.ratios(wall.get(first), wall.get(name));
        json.put(name + "_x", Measure.round(Measure.median(ratios)));
        List<Double> cpuRatios = Measure.ratios(cpu.get(first), cpu.get(name));
        json.put(name + "_x_cpu", Measure.round(Measure.median(cpuRatios)));
      }
    }
    json.put("gemm_1024_ms", Measure.round(Measure.gemm()));
    return json;
  }

  private static Map<String, Runnable> bench(BenchNetwork network, int batch, int steps) {
    Map<String, Runnable> variants = new LinkedHashMap<>();
    for (boolean nhwc : new boolean[] {false, true}) {
      TrainingScript.Bench script = new TrainingScript.Bench(network, nhwc);
      List<DataSet> data = script.data(batch, steps);
      SameDiff sd = script.build();
      variants.put(nhwc ? "nhwc" : "nchw", () -> sd.fit(new Cycle(data), 1));
      SameDiff fast = script.build();
      variants.put(
          nhwc ? "nhwc_fast_gradients" : "nchw_fast_gradients",
          () -> fast.fit(new Cycle(data), 1, new FastGradients()));
    }
    return variants;
  }

  private static Map<String, Runnable> zoo(String name, int side, int batch, int steps) {
    ZooModels model = ZooModels.named(name);
    List<DataSet> data = noise(model.channels(), side, batch, steps);
    Map<String, Runnable> variants = new LinkedHashMap<>();
    variants.put("dl4j", dl4j(model, side, WorkspaceMode.ENABLED, data));
    variants.put("dl4j_no_workspaces", dl4j(model, side, WorkspaceMode.NONE, data));
    SameDiff plain = converted(model, side);
    variants.put("samediff", () -> plain.fit(new Cycle(data), 1));
    SameDiff stock = converted(model, side);
    stock.setListeners(
        stock.getListeners().stream().filter(l -> !(l instanceof FastGradients)).toList());
    variants.put("samediff_stock_gradients", () -> stock.fit(new Cycle(data), 1));
    SameDiff listened = converted(model, side);
    variants.put(
        "samediff_score_listener", () -> listened.fit(new Cycle(data), 1, new ScoreListener(1)));
    return variants;
  }

  private static SameDiff converted(ZooModels model, int side) {
    ComputationGraph network = ZooNetworks.withLoss(model, side, CLASSES);
    String input = network.getConfiguration().getNetworkInputs().get(0);
    ConversionOptions options =
        ConversionOptions.defaults()
            .withDowngradesAllowed(true)
            .withInputShape(input, model.channels(), side, side);
    return Dl4jConverter.convert(network, options).graph();
  }

  private static Runnable dl4j(ZooModels model, int side, WorkspaceMode mode, List<DataSet> data) {
    ComputationGraph network = ZooNetworks.withLoss(model, side, CLASSES);
    network.getConfiguration().setTrainingWorkspaceMode(mode);
    return () -> data.forEach(network::fit);
  }

  private static List<DataSet> noise(int channels, int side, int batch, int steps) {
    Nd4j.getRandom().setSeed(3);
    List<DataSet> data = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      INDArray y = Nd4j.zeros(DataType.FLOAT, batch, CLASSES);
      for (int n = 0; n < batch; n++) {
        y.putScalar(new long[] {n, (n * 7L + i) % CLASSES}, 1);
      }
      data.add(new DataSet(Nd4j.rand(DataType.FLOAT, batch, channels, side, side), y));
    }
    return data;
  }
}
