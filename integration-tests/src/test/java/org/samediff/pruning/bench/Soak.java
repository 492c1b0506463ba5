package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * Memory over time: apply, train under pruning, compact and save, several times over in one JVM.
 * Heap in use and resident memory, heap and native together, both after a collection, are noted ten
 * times a round; slopes are least squares over the second half of a round's steps, when everything
 * is warm, and the largest of all rounds but the first is given. Prints one JSON object last.
 *
 * <p>Arguments: {@code [rounds] [steps a round] [batch]} (5, 2000, 8).
 */
public final class Soak {
  private static final int SAMPLES = 10;
  private static final double MB = 1 << 20;

  private final List<double[]> samples = new ArrayList<>();

  private Soak() {}

  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 2000;
    int batch = args.length > 2 ? Integer.parseInt(args[2]) : 8;
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "soak");
    json.put("rounds", rounds);
    json.put("steps", steps);
    List<Double> heap = new ArrayList<>();
    List<Double> resident = new ArrayList<>();
    double heapSlope = 0;
    double residentSlope = 0;
    for (int round = 0; round < rounds; round++) {
      Soak soak = new Soak();
      soak.round(steps, batch);
      if (round > 0) {
        heapSlope = Math.max(heapSlope, soak.slope(1));
        residentSlope = Math.max(residentSlope, soak.slope(2));
      }
      double[] after = sample(0);
      heap.add(Measure.round(after[1]));
      resident.add(Measure.round(after[2]));
      out.printf("round %d: heap %.1f MB, resident %.1f MB%n", round + 1, after[1], after[2]);
    }
    json.put("heap_mb_after_each", heap);
    json.put("resident_mb_after_each", resident);
    json.put("largest_heap_slope_kb_per_1000_steps", Measure.round(1024 * heapSlope));
    json.put("largest_resident_slope_kb_per_1000_steps", Measure.round(1024 * residentSlope));
    json.put("heap_growth_mb", Measure.round(heap.get(heap.size() - 1) - heap.get(0)));
    json.put(
        "resident_growth_mb", Measure.round(resident.get(resident.size() - 1) - resident.get(0)));
    out.println(new ObjectMapper().writeValueAsString(json));
  }

  private void round(int steps, int batch) throws Exception {
    SameDiff sd = DemoNetwork.RESNET.build(1);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.01, 0.9))
            .dataSetFeatureMapping(DemoNetwork.INPUT)
            .dataSetLabelMapping(DemoNetwork.LABELS)
            .build());
    PrunedGraph pruned = PruningTransform.builder().macsTarget(0.5).steps(steps).build().apply(sd);
    int chunk = steps / SAMPLES;
    ImageIterator images =
        ImageIterator.shuffled(FashionMnist.bundled().train().first(chunk * batch), batch, 1);
    List<DataSet> data = new ArrayList<>();
    images.forEachRemaining(data::add);
    for (int i = 1; i <= SAMPLES; i++) {
      pruned.graph().fit(new Cycle(data), 1, pruned.listener());
      samples.add(sample(i * chunk));
    }
    CompactedGraph slim = pruned.compact();
    Path directory = Files.createTempDirectory("soak");
    slim.save(directory.resolve("slim.fb"));
    FileUtils.deleteDirectory(directory.toFile());
    GraphCopy.free(slim.graph());
    GraphCopy.free(pruned.graph());
    GraphCopy.free(sd);
  }

  /** Step, megabytes of heap in use, megabytes of native memory. */
  private static double[] sample(int step) {
    Memory.collect();
    Runtime runtime = Runtime.getRuntime();
    return new double[] {
      step, (runtime.totalMemory() - runtime.freeMemory()) / MB, Memory.resident() / MB
    };
  }

  /** Megabytes per thousand steps over the second half. */
  private double slope(int column) {
    List<double[]> half = samples.subList(SAMPLES / 2, SAMPLES);
    double meanX = half.stream().mapToDouble(s -> s[0]).average().orElse(0);
    double meanY = half.stream().mapToDouble(s -> s[column]).average().orElse(0);
    double xy = 0;
    double xx = 0;
    for (double[] s : half) {
      xy += (s[0] - meanX) * (s[column] - meanY);
      xx += (s[0] - meanX) * (s[0] - meanX);
    }
    return 1000 * xy / xx;
  }
}
