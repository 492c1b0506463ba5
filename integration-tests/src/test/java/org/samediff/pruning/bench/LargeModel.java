package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.TrainingState;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.model.LoadOptions;
import org.samediff.pruning.model.Manifest;
import org.samediff.pruning.model.ModelFiles;

/**
 * VGG16 with Nesterovs state, of which SameDiff makes no file: trained for two steps under pruning,
 * put into a checkpoint, trained for one more; resumed from the checkpoint, trained for one more,
 * compared bit for bit; saved with its state, loaded, compared. Prints one JSON object last.
 */
public final class LargeModel {
  private static final int SIDE = 224;
  private static final int CLASSES = 1000;

  private LargeModel() {}

  public static void main(String[] args) throws Exception {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    Path target = Files.createDirectories(Path.of("target", "large-model")).toAbsolutePath();
    Path directory = Files.createTempDirectory(target, "run");
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "large-model");
    PruningTransform transform =
        PruningTransform.builder().macsTarget(0.3).steps(3).criterion(Criterion.l2()).build();

    PrunedGraph first = transform.apply(vgg16(1));
    first.graph().fit(new Cycle(data(2)), 1, first.listener());
    long before = System.nanoTime();
    first.checkpoint(directory.resolve("run"), 1);
    json.put("checkpoint_s", seconds(before));
    json.put("checkpoint_bytes", size(directory.resolve("run")));
    first.graph().fit(new Cycle(data(1)), 1, first.listener());
    String expected = digest(first.graph());
    json.put("samediff_save_with_state", saveByNd4j(first.graph(), directory.resolve("plain.fb")));
    first = null;

    before = System.nanoTime();
    PrunedGraph resumed = transform.resume(vgg16(2), directory.resolve("run"));
    json.put("apply_and_resume_s", seconds(before));
    resumed.graph().fit(new Cycle(data(1)), 1, resumed.listener());
    json.put("resumed_bit_equal", digest(resumed.graph()).equals(expected));

    Path file = directory.resolve("vgg16.fb");
    before = System.nanoTime();
    ModelFiles.save(resumed.graph(), file, true);
    json.put("save_s", seconds(before));
    Manifest.Model model = Manifest.beside(file).orElseThrow().model();
    json.put("model_bytes", model.file().bytes());
    json.put("state_bytes", model.state().orElseThrow().bytes());
    resumed = null;
    before = System.nanoTime();
    SameDiff loaded =
        ModelFiles.load(file, LoadOptions.DEFAULT.requiringManifest().withUpdaterState());
    json.put("load_s", seconds(before));
    json.put("loaded_bit_equal", digest(loaded).equals(expected));
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    }
    out.println(new ObjectMapper().writeValueAsString(json));
  }

  private static String saveByNd4j(SameDiff sd, Path file) {
    try {
      sd.save(file.toFile(), true);
      return "saved";
    } catch (AssertionError e) {
      return "AssertionError: " + e.getMessage();
    }
  }

  private static long size(Path checkpoints) throws Exception {
    try (Stream<Path> all = Files.list(checkpoints)) {
      return Files.size(all.findFirst().orElseThrow());
    }
  }

  private static double seconds(long since) {
    return Math.round((System.nanoTime() - since) / 1e8) / 10.0;
  }

  /** Of graph, weights and updater state. */
  private static String digest(SameDiff sd) {
    StringBuilder text = new StringBuilder(GraphText.digest(sd));
    TrainingState.arrays(sd)
        .forEach(
            (name, a) -> {
              long hash = 1;
              float[] values = a.dup('c').data().asFloat();
              for (float v : values) {
                hash = hash * 31 + Float.floatToRawIntBits(v);
              }
              text.append(' ').append(name).append(' ').append(hash);
            });
    return text.toString();
  }

  private static List<DataSet> data(int batches) {
    Random random = new Random(5);
    List<DataSet> data = new ArrayList<>();
    for (int b = 0; b < batches; b++) {
      INDArray y = Nd4j.zeros(DataType.FLOAT, 1, CLASSES);
      y.putScalar(0, random.nextInt(CLASSES), 1);
      data.add(new DataSet(gaussian(random, 1, 1, 3, SIDE, SIDE), y));
    }
    return data;
  }

  private static INDArray gaussian(Random random, double scale, long... shape) {
    int length = 1;
    for (long side : shape) {
      length *= (int) side;
    }
    float[] values = new float[length];
    // uniform numbers of the same deviation: a hundred million Gaussian ones take their time
    for (int i = 0; i < length; i++) {
      values[i] = (float) (scale * 3.464 * (random.nextFloat() - 0.5));
    }
    return Nd4j.create(values, shape, 'c');
  }

  private static SameDiff vgg16(long seed) {
    Random random = new Random(seed);
    SameDiff sd = SameDiff.create();
    SDVariable h = sd.placeHolder("x", DataType.FLOAT, -1, 3, SIDE, SIDE);
    int in = 3;
    int[][] blocks = {{64, 64}, {128, 128}, {256, 256, 256}, {512, 512, 512}, {512, 512, 512}};
    for (int b = 0; b < blocks.length; b++) {
      for (int c = 0; c < blocks[b].length; c++) {
        int out = blocks[b][c];
        String name = "conv" + (b + 1) + "_" + (c + 1);
        SDVariable w =
            sd.var(name + "_W", gaussian(random, Math.sqrt(2.0 / (9 * in)), 3, 3, in, out));
        SDVariable bias = sd.var(name + "_b", Nd4j.zeros(DataType.FLOAT, out));
        Conv2DConfig config =
            Conv2DConfig.builder()
                .kH(3)
                .kW(3)
                .paddingMode(PaddingMode.SAME)
                .dataFormat("NCHW")
                .weightsFormat(WeightsFormat.YXIO)
                .build();
        h = sd.nn().relu(name + "_relu", sd.cnn().conv2d(name, h, w, bias, config), 0);
        in = out;
      }
      Pooling2DConfig pool =
          Pooling2DConfig.builder()
              .kH(2)
              .kW(2)
              .sH(2)
              .sW(2)
              .paddingMode(PaddingMode.VALID)
              .isNHWC(false)
              .build();
      h = sd.cnn().maxPooling2d("pool" + (b + 1), h, pool);
    }
    h = sd.reshape("flat", h, -1, 512 * 7 * 7);
    h = sd.nn().relu("fc6_relu", dense(sd, "fc6", h, 512 * 7 * 7, 4096, random), 0);
    h = sd.nn().relu("fc7_relu", dense(sd, "fc7", h, 4096, 4096, random), 0);
    SDVariable logits = dense(sd, "fc8", h, 4096, CLASSES, random);
    SDVariable labels = sd.placeHolder("y", DataType.FLOAT, -1, CLASSES);
    sd.loss().softmaxCrossEntropy("loss", labels, logits, null);
    sd.setLossVariables("loss");
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(1e-3, 0.9))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    return sd;
  }

  private static SDVariable dense(
      SameDiff sd, String name, SDVariable x, int in, int out, Random random) {
    SDVariable w = sd.var(name + "_W", gaussian(random, Math.sqrt(1.0 / in), in, out));
    return x.mmul(name + "_product", w)
        .add(name, sd.var(name + "_b", Nd4j.zeros(DataType.FLOAT, out)));
  }
}
