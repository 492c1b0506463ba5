package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CostModel;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.compaction.UnitMask;
import org.samediff.pruning.deployment.Deployment;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.importance.UnitNorms;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.dl4j.Dl4jConverter;

/**
 * Every network of the zoo at the zoo's own image size, converted, cut to half of its
 * multiply-accumulates (the same share of every group, the smallest L2 norms), and timed against
 * DL4J: one image, in turns, samples of at least 200 ms, medians in milliseconds. One JVM per
 * network.
 *
 * <pre>{@code ZooCompaction [rounds [name:side:classes ...]]}</pre>
 */
public final class ZooCompaction {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BISECTIONS = 12;
  private static final double WARM_UP_SECONDS = 3;
  private static final double SAMPLE_MS = 200;
  private static final List<String> DEFAULT =
      List.of(
          "alexnet:224:1000",
          "darknet19:224:1000",
          "facenetnn4small2:96:1000",
          "inceptionresnetv1:160:1000",
          "lenet:28:10",
          "resnet50:224:1000",
          "simplecnn:48:10",
          "squeezenet:227:1000",
          "tinyyolo:416:20",
          "unet:512:1",
          "vgg16:224:1000",
          "vgg19:224:1000",
          "xception:299:1000",
          "yolo2:608:80");

  private ZooCompaction() {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    if (args.length == 2) {
      String[] part = args[1].split(":", -1);
      one(ZooModels.named(part[0]), Integer.parseInt(part[1]), Integer.parseInt(part[2]), rounds);
      return;
    }
    ObjectNode all = JSON.createObjectNode();
    all.put("name", "zoo-compaction");
    List<String> specs = args.length > 2 ? List.of(args).subList(1, args.length) : DEFAULT;
    for (String spec : specs) {
      all.set(spec, JSON.readTree(Children.run(ZooCompaction.class, "" + rounds, spec)));
    }
    System.out.println(JSON.writeValueAsString(all));
  }

  private static void one(ZooModels model, int side, int classes, int rounds) throws IOException {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    ComputationGraph net = ZooNetworks.withLoss(model, side, classes);
    ZooNetworks.randomise(net);
    String input = net.getConfiguration().getNetworkInputs().get(0);
    ConvertedNetwork converted =
        Dl4jConverter.convert(
            net,
            ConversionOptions.defaults()
                .withTrainingConfig(false)
                .withDowngradesAllowed(true)
                .withInputShape(input, model.channels(), side, side));
    ObjectNode row = JSON.createObjectNode();
    INDArray image = ZooNetworks.images(model, side, 1, DataType.FLOAT);
    SameDiff slim = halved(converted, image, row);
    row.put("bytes", bytes(converted.graph()));
    row.put("bytes_compacted", bytes(slim));
    time(net, converted, slim, image, rounds, row);
    out.println(JSON.writeValueAsString(row));
  }

  private static SameDiff halved(ConvertedNetwork converted, INDArray image, ObjectNode row) {
    SameDiff dense = converted.graph();
    Map<String, INDArray> inputs =
        Probe.inputs(dense, 1, 1, converted.labels(), Map.of(converted.inputs().get(0), image));
    ChannelAnalysis analysis =
        ChannelAnalysis.of(
            GraphView.of(dense), Probe.shapes(dense, inputs), 1, converted.outputs());
    boolean[][] kept = half(analysis, UnitNorms.l2(dense, analysis));
    SameDiff masked = GraphCopy.from(dense).withoutUpdaterState().build();
    UnitMask.zero(masked, analysis, kept);
    Compactor.Result result =
        Compactor.compact(masked, analysis, kept, inputs, converted.outputs());
    GraphCopy.free(masked);
    CostModel cost = analysis.cost();
    row.put("parameters", cost.total(CostModel.Measure.PARAMETERS));
    row.put("parameters_compacted", cost.cost(CostModel.Measure.PARAMETERS, kept));
    row.put("macs", cost.total(CostModel.Measure.MACS));
    row.put("macs_compacted", cost.cost(CostModel.Measure.MACS, kept));
    row.put("kept_layers", analysis.kept().size());
    row.put("max_rel_diff", result.difference().maxRelative());
    return result.graph();
  }

  /** The largest common share of all groups that leaves at most half of the MACs. */
  private static boolean[][] half(ChannelAnalysis analysis, double[][] scores) {
    CostModel cost = analysis.cost();
    double goal = 0.5 * cost.total(CostModel.Measure.MACS);
    double low = 0;
    double high = 1;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (low + high) / 2;
      boolean fits = cost.cost(CostModel.Measure.MACS, DataFreeCut.kept(scores, middle, 1)) <= goal;
      low = fits ? middle : low;
      high = fits ? high : middle;
    }
    return DataFreeCut.kept(scores, low, 1);
  }

  private static long bytes(SameDiff sd) throws IOException {
    Path file = Files.createTempFile("zoo-compaction", ".fb");
    try {
      sd.save(file.toFile(), false);
      return Files.size(file);
    } finally {
      Files.delete(file);
    }
  }

  private static void time(
      ComputationGraph net,
      ConvertedNetwork names,
      SameDiff slim,
      INDArray image,
      int rounds,
      ObjectNode row) {
    Map<String, INDArray> feed = Map.of(names.inputs().get(0), image);
    List<String> outputs = names.outputs();
    SameDiff deployed = Deployment.of(slim, outputs, Map.of()).graph();
    Map<String, Runnable> systems = new LinkedHashMap<>();
    systems.put("dl4j", () -> net.outputSingle(image));
    systems.put("dense", () -> names.graph().output(feed, outputs));
    systems.put("compacted", () -> slim.output(feed, outputs));
    systems.put("deployed", () -> deployed.output(feed, outputs));
    Map<String, Integer> runs = new LinkedHashMap<>();
    systems.forEach((name, run) -> runs.put(name, warmUp(run)));
    Map<String, List<Double>> ms = new LinkedHashMap<>();
    for (int r = 0; r < rounds; r++) {
      for (Map.Entry<String, Runnable> system : systems.entrySet()) {
        int n = runs.get(system.getKey());
        long start = System.nanoTime();
        for (int i = 0; i < n; i++) {
          system.getValue().run();
        }
        Measure.add(ms, system.getKey(), (System.nanoTime() - start) / 1e6 / n);
      }
    }
    ms.forEach((name, times) -> row.put(name + "_ms", Measure.round(Measure.median(times))));
    for (String name : List.of("dense", "compacted", "deployed")) {
      List<Double> ratios = Measure.ratios(ms.get("dl4j"), ms.get(name));
      row.put("x_" + name, Measure.round(Measure.median(ratios)));
    }
  }

  /** Runs for some seconds, twice at least; returns how many runs make a sample. */
  private static int warmUp(Runnable run) {
    long start = System.nanoTime();
    double took = 0;
    for (int i = 0; i < 2 || System.nanoTime() - start < WARM_UP_SECONDS * 1e9; i++) {
      long before = System.nanoTime();
      run.run();
      took = (System.nanoTime() - before) / 1e6;
    }
    return (int) Math.max(1, Math.ceil(SAMPLE_MS / took));
  }
}
