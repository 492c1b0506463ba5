package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.latency.LatencyOptions;

/**
 * {@code latencyTarget(0.5)} on networks with random weights: what the measured ops promise, what
 * the compacted graph reaches in turns with the dense one, and how long measuring takes, afresh and
 * from the cache. L2 norms, three steps of training. One JSON line per network, each from a JVM of
 * its own.
 *
 * <p>Arguments: {@code [ratio] [batch] [network...]}; ResNet-56 and VGG16-BN without.
 */
public final class LatencyTarget {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STEPS = 3;

  private LatencyTarget() {}

  public static void main(String[] args) throws Exception {
    double ratio = args.length > 0 ? Double.parseDouble(args[0]) : 0.5;
    int batch = args.length > 1 ? Integer.parseInt(args[1]) : 1;
    if (args.length == 3) {
      one(BenchNetwork.named(args[2]), ratio, batch);
      return;
    }
    List<BenchNetwork> networks =
        args.length > 3
            ? Arrays.stream(args).skip(2).map(BenchNetwork::named).toList()
            : List.of(BenchNetwork.CIFAR_RESNET56, BenchNetwork.CIFAR_VGG16BN);
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", "latency-target");
    for (BenchNetwork n : networks) {
      all.put(
          n.label(),
          JSON.readTree(Children.run(LatencyTarget.class, "" + ratio, "" + batch, n.label())));
    }
    System.out.println(JSON.writeValueAsString(all));
  }

  private static void one(BenchNetwork network, double ratio, int batch) throws Exception {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    SameDiff sd = network.build(1);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Sgd(1e-4))
            .dataSetFeatureMapping(BenchNetwork.INPUT)
            .dataSetLabelMapping(BenchNetwork.LABELS)
            .build());
    Path cache = Files.createTempDirectory("latency-target");
    PruningTransform transform =
        PruningTransform.builder()
            .latencyTarget(ratio)
            .latency(LatencyOptions.defaults().withBatch(batch).withCache(cache))
            .criterion(Criterion.l2())
            .steps(STEPS)
            .build();
    long start = System.nanoTime();
    PrunedGraph pruned = transform.apply(sd);
    double measured = (System.nanoTime() - start) / 1e9;
    start = System.nanoTime();
    transform.apply(sd);
    double cached = (System.nanoTime() - start) / 1e9;
    pruned.graph().fit(new Cycle(data(network)), 1, pruned.listener());
    CompactedGraph slim = pruned.compact();
    FileUtils.deleteDirectory(cache.toFile());

    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "latency-target");
    json.put("network", network.label());
    json.put("ratio", ratio);
    json.put("batch", batch);
    slim.report()
        .latency()
        .ifPresent(
            l -> {
              json.put("promised", Measure.round(l.promised()));
              json.put("reached", Measure.round(l.reached()));
              json.put("before_ms", Measure.round(l.before()));
              json.put("after_ms", Measure.round(l.after()));
            });
    double macs = slim.report().macsAfter() / (double) slim.report().macsBefore();
    json.put("macs_left", Measure.round(macs));
    json.put("apply_measured_s", Measure.round(measured));
    json.put("apply_cached_s", Measure.round(cached));
    json.put("gemm_1024_ms", Measure.round(Measure.gemm()));
    out.println(JSON.writeValueAsString(json));
  }

  private static List<DataSet> data(BenchNetwork network) {
    DataSet[] data = new DataSet[STEPS];
    for (int s = 0; s < STEPS; s++) {
      INDArray labels = Nd4j.zeros(DataType.FLOAT, 2, network.classes());
      labels.putScalar(new int[] {0, 0}, 1);
      labels.putScalar(new int[] {1, 1}, 1);
      data[s] =
          new DataSet(Nd4j.rand(DataType.FLOAT, 2, 3, network.side(), network.side()), labels);
    }
    return List.of(data);
  }
}
