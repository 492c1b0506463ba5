package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.dl4j.Dl4jConverter;

/**
 * The zoo's VGG16 at its full size, 138 million parameters and 224 x 224 pixels: built, converted,
 * trained and pruned for a few steps of one image, compacted, saved, loaded. Prints seconds of each
 * phase and the process' peak memory, heap and native; DL4J's own copy is dropped when converted.
 *
 * <p>Argument: number of steps (4).
 */
public final class ZooFullSize {
  private static final int SIDE = 224;
  private static final int CLASSES = 1000;

  private final Map<String, Object> json = new LinkedHashMap<>();
  private long mark = System.nanoTime();

  private ZooFullSize() {}

  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    ZooFullSize run = new ZooFullSize();
    run.json.put("name", "zoo-full-size");
    run.run(args.length > 0 ? Integer.parseInt(args[0]) : 4);
    out.println(new ObjectMapper().writeValueAsString(run.json));
  }

  private void run(int steps) throws Exception {
    PrunedGraph pruned = pruned(steps);
    for (int s = 0; s < steps; s++) {
      pruned.graph().fit(new Cycle(List.of(image(s))), 1, pruned.listener());
      phase("step_" + (s + 1));
    }
    CompactedGraph slim = pruned.compact();
    phase("compact");
    Path directory = Files.createTempDirectory("zoo-full-size");
    Path file = directory.resolve("slim.fb");
    slim.save(file);
    phase("save");
    SameDiff loaded = ModelFiles.load(file);
    phase("load");
    json.put("parameters", slim.report().parametersBefore());
    json.put("parameters_compacted", slim.report().parametersAfter());
    json.put("macs", slim.report().macsBefore());
    json.put("macs_compacted", slim.report().macsAfter());
    json.put("max_rel_diff", slim.report().maxRelativeDifference());
    json.put("bytes", Files.size(file));
    json.put("ops_loaded", GraphView.of(loaded).ops().size());
    json.put("peak_gib", Measure.round(Memory.highest() / (double) (1L << 30)));
    FileUtils.deleteDirectory(directory.toFile());
  }

  private PrunedGraph pruned(int steps) {
    ComputationGraph net = (ComputationGraph) ZooModels.VGG16.build(CLASSES, SIDE, 1);
    phase("build");
    ConvertedNetwork converted =
        Dl4jConverter.convert(
            net,
            ConversionOptions.defaults()
                .withDowngradesAllowed(true)
                .withInputShape(net.getConfiguration().getNetworkInputs().get(0), 3, SIDE, SIDE));
    net.close();
    phase("convert");
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).steps(steps).build().apply(converted.graph());
    phase("apply");
    return pruned;
  }

  private static DataSet image(int seed) {
    INDArray label = Nd4j.zeros(DataType.FLOAT, 1, CLASSES);
    label.putScalar(seed, 1);
    return new DataSet(ZooNetworks.images(ZooModels.VGG16, SIDE, 1, DataType.FLOAT), label);
  }

  private void phase(String name) {
    json.put(name + "_s", Measure.round((System.nanoTime() - mark) / 1e9));
    mark = System.nanoTime();
  }
}
