package org.samediff.pruning.it.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.model.LoadOptions;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * Native memory runs out: in a JVM of its own, under JavaCPP's limit on the process' memory, a fit,
 * a save and a load are tried with nothing left, and again once there is room.
 */
class NativeMemoryTest {
  private static final String LIMIT = "1000M";
  private static final int STEPS = 8;
  private static final int MOST_ATTEMPTS = 6;

  @TempDir private Path directory;

  @Test
  void surfacesLosesNothingAndTheGraphTrainsOn() throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx200m",
            "-XX:+UseSerialGC",
            "-Dorg.bytedeco.javacpp.maxphysicalbytes=" + LIMIT,
            "-Dorg.bytedeco.javacpp.maxretries=2",
            "-cp",
            System.getProperty("java.class.path"),
            NativeMemoryTest.class.getName(),
            directory.resolve("model.fb").toString());
    builder.environment().put("OMP_NUM_THREADS", "1");
    Process child = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(child.waitFor(3, TimeUnit.MINUTES)).isTrue();
    } finally {
      child.destroyForcibly();
    }
    List<String> lines =
        Files.readAllLines(output).stream().filter(l -> l.startsWith("> ")).toList();

    String text = String.join("\n", lines);
    assertThat(text)
        .as(Files.readString(output))
        .matches(
            "> room is gone: OutOfMemoryError\n"
                + "> fit: OutOfMemoryError\n"
                // of a small file these may get by with what a failed fit has given back
                + "> save: (OUT_OF_MEMORY|ok)\n"
                + "> load: (OUT_OF_MEMORY|ok)\n"
                + "> load, with room: ok\n"
                + "> fit to the end: ok\n"
                + "> compact and save: ok\n"
                + "> load: ok");
    assertThat(child.exitValue()).isZero();
  }

  private interface Action {
    void run() throws Exception;
  }

  public static void main(String[] args) throws Exception {
    Path file = Path.of(args[0]);
    SameDiff sd = DemoNetwork.RESNET.build(1);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.01, 0.9))
            .dataSetFeatureMapping(DemoNetwork.INPUT)
            .dataSetLabelMapping(DemoNetwork.LABELS)
            .build());
    PrunedGraph pruned = PruningTransform.builder().macsTarget(0.5).steps(STEPS).build().apply(sd);
    DataSet data = ImageIterator.shuffled(FashionMnist.bundled().train(), 16, 1).next();
    pruned.graph().fit(data, pruned.listener());
    ModelFiles.save(pruned.maskedGraph(), file, false);
    LoadOptions strict = LoadOptions.DEFAULT.requiringManifest();
    ModelFiles.load(file, strict);

    List<INDArray> hogs = new ArrayList<>();
    tell("room is gone", () -> hog(hogs, 8 << 20));
    tell("fit", () -> fitWithoutRoom(hogs, pruned, data));
    tell("save", () -> ModelFiles.save(sd, file, false));
    tell("load", () -> ModelFiles.load(file, strict));
    hogs.forEach(INDArray::close);
    hogs.clear();
    System.gc();
    Thread.sleep(500); // ND4J frees in a thread of its own
    tell("load, with room", () -> ModelFiles.load(file, strict));
    tell(
        "fit to the end",
        () -> {
          for (long step = pruned.progress().step(); step < STEPS; step++) {
            pruned.graph().fit(data, pruned.listener());
          }
        });
    tell("compact and save", () -> pruned.compact().save(file));
    tell("load", () -> ModelFiles.load(file, strict));
    System.exit(0);
  }

  /** What a collection gives back is taken again, until the fit meets the limit. */
  private static void fitWithoutRoom(List<INDArray> hogs, PrunedGraph pruned, DataSet data) {
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      for (int length : new int[] {8 << 20, 1 << 20, 1 << 18}) {
        try {
          hog(hogs, length);
        } catch (OutOfMemoryError e) {
          // as wanted
        }
      }
      pruned.graph().fit(data, pruned.listener());
    }
  }

  private static void hog(List<INDArray> hogs, int length) {
    while (true) {
      hogs.add(Nd4j.ones(DataType.FLOAT, length));
    }
  }

  private static void tell(String what, Action action) {
    try {
      action.run();
      say(what + ": ok");
    } catch (PruningException e) {
      say(what + ": " + e.code());
    } catch (Exception | Error e) {
      say(what + ": " + e.getClass().getSimpleName());
      e.printStackTrace();
    }
  }

  private static void say(String line) {
    System.out.println("> " + line);
  }
}
