package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiFunction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.Trunk;
import org.samediff.pruning.training.Phase;
import org.samediff.pruning.training.PruningSchedule;

/** Bad input: a typed error that names op, number and remedy, and the user's graph unchanged. */
class PruningTransformErrorsTest {
  private static PruningTransform.Builder half() {
    return PruningTransform.builder().macsTarget(0.5).steps(20);
  }

  private static void refuses(Code code, ThrowingCallable call, String... named) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContainingAll(named);
  }

  /** The transform refuses the graph and leaves it as it was. */
  private static void refuses(
      Code code, PruningTransform.Builder builder, SameDiff sd, String... named) {
    String before = GraphText.digest(sd);
    TrainingConfig config = sd.getTrainingConfig();
    int listeners = sd.getListeners().size();
    refuses(code, () -> builder.build().apply(sd), named);
    assertThat(GraphText.digest(sd)).isEqualTo(before);
    assertThat(sd.getFunction("grad")).isNull();
    assertThat(sd.getTrainingConfig()).isSameAs(config);
    assertThat(sd.getListeners()).hasSize(listeners);
  }

  @Test
  void aGraphThatIsAcceptedIsUnchangedAsWell() {
    SameDiff sd = Nets.resnet(DataType.FLOAT, 7);
    String before = GraphText.digest(sd);
    half().build().apply(sd);

    assertThat(GraphText.digest(sd)).isEqualTo(before);
    assertThat(sd.getFunction("grad")).isNull();
  }

  @Test
  void noConvolution() {
    Trunk t = new Trunk();
    refuses(Code.NOTHING_TO_PRUNE, half(), t.close(t.x, 3), "no convolution");
  }

  @Test
  void noConvolutionThatCanBeCutSaysWhy() {
    Trunk t = new Trunk();
    refuses(
        Code.NOTHING_TO_PRUNE,
        half(),
        t.close(t.conv("c1", t.x, 3, 3).add("sum", t.x), 3),
        "c1=add \"sum\" joins it with data that cannot be cut");
  }

  @Test
  void everyLayerIgnored() {
    refuses(
        Code.NOTHING_TO_PRUNE,
        half().ignoredLayers("c*"),
        Nets.chain(DataType.FLOAT, 7),
        "\"c1\" is an ignored layer",
        "\"c2\" is an ignored layer");
  }

  @Test
  void anEmptyGraph() {
    refuses(Code.NOTHING_TO_PRUNE, half(), SameDiff.create(), "no op at all", "truncated");
  }

  /** A net without labels: the loss is the mean square of the logits. */
  private static SameDiff unlabelled(boolean configured) {
    Trunk t = new Trunk();
    SDVariable pooled = t.relu("r1", t.conv("c1", t.x, 3, 8)).mean("gap", false, 2, 3);
    SDVariable logits = pooled.mmul("fc", t.var("fc_W", 8, 4)).add("logits", t.var("fc_b", 4));
    t.sd.math().square("squared", logits).mean("cost");
    if (configured) {
      t.sd.setLossVariables("cost");
      t.sd.setTrainingConfig(
          TrainingConfig.builder()
              .updater(new Sgd(0.1))
              .dataSetFeatureMapping("x")
              .markLabelsUnused()
              .build());
    }
    return t.sd;
  }

  @Test
  void noTrainingConfig() {
    refuses(
        Code.NO_TRAINING_CONFIG,
        half(),
        unlabelled(false),
        "no TrainingConfig",
        "setTrainingConfig");
  }

  @Test
  void noLoss() {
    SameDiff sd = unlabelled(false);
    Nets.train(sd, new Sgd(0.1));
    refuses(Code.NO_TRAINING_CONFIG, half(), sd, "no loss variable", "setLossVariables");
  }

  @Test
  void noLabelsAlthoughTheCriterionNeedsThem() {
    for (Criterion c : List.of(Criterion.twoFactor(), Criterion.twoFactor(1))) {
      refuses(
          Code.NO_LABELS,
          half().criterion(c),
          unlabelled(true),
          "two-factor",
          "no labels",
          "twoFactor(0)");
    }
    // every criterion that the message offers does work, to the end
    for (Criterion c : List.of(Criterion.twoFactor(0), Criterion.taylor(), Criterion.l2())) {
      PrunedGraph pruned =
          PruningTransform.builder()
              .filtersTarget(0.5)
              .steps(6)
              .criterion(c)
              .build()
              .apply(unlabelled(true));
      INDArray x = Probe.inputs(pruned.graph(), 4, 1, List.of()).get("x");
      List<DataSet> batches = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        batches.add(new DataSet(x, null));
      }
      pruned.graph().fit(new Batches(batches), 1, pruned.listener());
      assertThat(pruned.compact().report().filtersAfter()).as(c.name()).isEqualTo(4);
    }
  }

  @Test
  void labelsThatAreNoClasses() {
    Trunk t = new Trunk();
    SDVariable pooled = t.relu("r1", t.conv("c1", t.x, 3, 8)).mean("gap", false, 2, 3);
    SDVariable out = pooled.mmul("fc", t.var("fc_W", 8, 1)).add("out", t.var("fc_b", 1));
    t.sd.loss().meanSquaredError("loss", t.sd.placeHolder("y", DataType.DOUBLE, -1, 1), out, null);
    t.sd.setLossVariables("loss");
    Nets.train(t.sd, new Sgd(0.1));

    refuses(Code.NO_LABELS, half(), t.sd, "[N, classes]", "[y]");
  }

  @Test
  void anUnknownLayerListsTheNearestNames() {
    refuses(
        Code.UNKNOWN_LAYER,
        half().ignoredLayers("stme"),
        Nets.resnet(DataType.FLOAT, 7),
        "\"stme\"",
        "nearest are [stem, ");
    refuses(
        Code.UNKNOWN_LAYER,
        half().ignoredLayers("b_c9"),
        Nets.resnet(DataType.FLOAT, 7),
        "[b_c1, b_c2, b_c3, ");
    // one good pattern does not excuse a bad one; a dense layer is no convolution
    refuses(
        Code.UNKNOWN_LAYER,
        half().ignoredLayers("c1", "d1*"),
        Nets.chain(DataType.FLOAT, 7),
        "\"d1*\"",
        "c1");
    refuses(Code.UNKNOWN_LAYER, half().ignoredLayers("C1"), Nets.chain(DataType.FLOAT, 7), "c1");
    refuses(
        Code.UNKNOWN_LAYER,
        half().ignoredLayers("[", "c."),
        Nets.chain(DataType.FLOAT, 7),
        "\"[\"");
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {
        -1e-9,
        -0.5,
        1,
        1.5,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY
      })
  void aRatioOutsideOfEachTarget(double ratio) {
    List<BiFunction<PruningTransform.Builder, Double, PruningTransform.Builder>> targets =
        List.of(
            PruningTransform.Builder::filtersTarget,
            PruningTransform.Builder::parametersTarget,
            PruningTransform.Builder::macsTarget);
    List<String> names = List.of("filters", "parameters", "macs");
    for (int i = 0; i < 3; i++) {
      BiFunction<PruningTransform.Builder, Double, PruningTransform.Builder> target =
          targets.get(i);
      refuses(
          Code.BAD_OPTION,
          () -> target.apply(PruningTransform.builder(), ratio),
          names.get(i),
          "[0, 1)",
          String.valueOf(ratio));
    }
  }

  @Test
  void aMissingTargetOrLength() {
    refuses(Code.BAD_OPTION, () -> PruningTransform.builder().steps(10).build(), "macsTarget(0.5)");
    refuses(
        Code.BAD_OPTION,
        () -> PruningTransform.builder().macsTarget(0.5).build(),
        "epochs(n)",
        "steps(n)");
  }

  @Test
  void aRunTooShort() {
    refuses(Code.BAD_OPTION, () -> PruningTransform.builder().epochs(1), "1 epoch", "steps(n)");
    refuses(Code.BAD_OPTION, () -> PruningTransform.builder().steps(0), "got 0");
  }

  @Test
  void optionsOutOfRangeRepeatTheValue() {
    refuses(Code.BAD_OPTION, () -> half().minKeptRatio(0).build(), "minKeptRatio", "(0, 1]", "0.0");
    refuses(Code.BAD_OPTION, () -> half().minKeptRatio(1.1).build(), "minKeptRatio", "1.1");
    refuses(Code.BAD_OPTION, () -> half().minKeptRatio(Double.NaN).build(), "minKeptRatio", "NaN");
    refuses(Code.BAD_OPTION, () -> half().minFilters(0).build(), "minFilters", "got 0");
    refuses(Code.BAD_OPTION, () -> half().scoreDecay(1).build(), "scoreDecay", "1.0");
    refuses(Code.BAD_OPTION, () -> half().scoreDecay(Double.NaN).build(), "scoreDecay", "NaN");
    refuses(Code.BAD_OPTION, () -> half().scoringInterval(0).build(), "scoringInterval", "got 0");
  }

  @Test
  void aGraphThatIsMaskedAlready() {
    PrunedGraph pruned = half().build().apply(Nets.chain(DataType.FLOAT, 7));
    refuses(Code.ALREADY_PRUNED, half(), pruned.graph(), "already holds masks", "compact it first");
  }

  @Test
  void compactBeforeTheFreeze() {
    // warm-up to 2, ramp to 10, freeze at 14 of 20
    PrunedGraph pruned = half().build().apply(Nets.chain(DataType.FLOAT, 7));
    refusesToCompact(pruned, "step 0 of 20", "WARM_UP");
    train(pruned, 5);
    refusesToCompact(pruned, "step 5 of 20", "RAMP", "masks still move");
    train(pruned, 6);
    refusesToCompact(pruned, "step 11 of 20", "HOLD");
    // refused, not spoilt: the run goes on
    train(pruned, 9);
    assertThat(pruned.compact().report().macsAfter()).isLessThanOrEqualTo(62848 / 2);
  }

  @Test
  void compactAfterTheFreezeAndBeforeDecayIsOver() {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.5)
            // the last units are masked at the freeze, step 14, and have six steps to decay in
            .schedule(PruningSchedule.ofSteps(20).withPhases(0.1, 0.7, 0.7))
            .build()
            .apply(Nets.chain(DataType.FLOAT, 7));
    train(pruned, 15);
    assertThat(pruned.progress().phase()).isEqualTo(Phase.FROZEN);
    refusesToCompact(pruned, "step 15 of 20", "of its norm", "1e-03", "end of the run");
    train(pruned, 5);
    assertThat(pruned.compact().report().largestResidual()).isPositive().isLessThan(1e-3);
  }

  private static void refusesToCompact(PrunedGraph pruned, String... named) {
    String before = GraphText.digest(pruned.graph());
    refuses(Code.NOT_READY, pruned::compact, named);
    assertThat(GraphText.digest(pruned.graph())).isEqualTo(before);
  }

  private static void train(PrunedGraph pruned, int steps) {
    List<DataSet> data = Nets.data(DataType.FLOAT, 3, steps, 8);
    pruned.graph().fit(new Batches(data), 1, pruned.listener());
  }

  @Test
  void compactInTheFirstOfSeveralEpochs() {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.5)
            .epochs(4)
            .build()
            .apply(Nets.chain(DataType.FLOAT, 7));
    refusesToCompact(pruned, "first epoch is not over");
    train(pruned, 2);
    refusesToCompact(pruned, "step 2 of 8", "RAMP");
  }

  @Test
  void gammaWithoutBatchNorm() {
    refuses(
        Code.BAD_OPTION,
        half().criterion(Criterion.gamma()),
        Nets.chain(DataType.FLOAT, 7),
        "gamma",
        "\"c1\"",
        "ignoredLayers");
  }

  @Test
  void weightsThatAreNotFinite() {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      SameDiff sd = Nets.chain(DataType.FLOAT, 7);
      sd.getVariable("d1_W").getArr().putScalar(17, bad);
      refuses(Code.NON_FINITE, half(), sd, "\"d1_W\"", "last good weights");
      SameDiff bn = Nets.vgg(DataType.DOUBLE, 7);
      bn.getVariable("n1/var").getArr().putScalar(2, bad);
      refuses(Code.NON_FINITE, half(), bn, "\"n1/var\"");
    }
  }

  @Test
  void aPlaceholderWithOpenAxesNeedsExampleInputs() {
    SameDiff sd = SameDiff.create();
    Trunk shapes = new Trunk();
    SDVariable x = sd.placeHolder("x", DataType.DOUBLE, -1, 3, -1, -1);
    SDVariable w = sd.var("c1_W", shapes.var("w", 3, 3, 3, 8).getArr());
    SDVariable h =
        sd.nn()
            .relu("r1", sd.cnn().conv2d("c1", x, w, Conv2DConfig.builder().kH(3).kW(3).build()), 0);
    SDVariable logits =
        h.mean("gap", false, 2, 3).mmul("logits", sd.var("fc", shapes.var("f", 8, 4).getArr()));
    sd.loss()
        .softmaxCrossEntropy("loss", sd.placeHolder("y", DataType.DOUBLE, -1, 4), logits, null);
    sd.setLossVariables("loss");
    Nets.train(sd, new Sgd(0.1));

    refuses(Code.BAD_OPTION, half(), sd, "\"x\"", "[-1, 3, -1, -1]", "example inputs");
    Trunk t = new Trunk();
    t.closeFeatures(t.x.mean("gap", false, 2, 3), 3);
    Map<String, INDArray> examples = Probe.inputs(t.sd, 3, 1, List.of("y"));
    assertThat(half().build().apply(sd, examples).groups()).hasSize(1);
  }

  @Test
  void aDamagedGraph() {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    sd.getVariables().get("c2_W").setInputsForOp(null);
    refuses(Code.DAMAGED_GRAPH, half(), sd, "\"c2_W\"", "load it from a good file");
  }

  @Test
  void anOpThatNd4jWouldCloneWrongly() {
    refuses(
        Code.NOT_ADMITTED,
        half(),
        Trunk.around(h -> h.add(h.getSameDiff().variance("spread", h, false, true, 2, 3))),
        "\"spread\"",
        "in training");
  }

  /**
   * SameDiff.load throws for a truncated file, or what it gives is refused, or is the whole graph.
   * In a JVM of its own: a crash in native code would take the tests with it, and fails here as an
   * exit code.
   */
  @Test
  void aGraphLoadedFromATruncatedFile(@TempDir Path dir) throws Exception {
    Path whole = dir.resolve("whole.fb");
    Nets.chain(DataType.FLOAT, 7).save(whole.toFile(), false);
    byte[] bytes = Files.readAllBytes(whole);
    TreeSet<Integer> lengths = new TreeSet<>(List.of(0, 1, 4, 8, 64));
    for (int i = 1; i < 12; i++) {
      lengths.add((int) ((long) bytes.length * i / 12));
    }
    for (int less : new int[] {1, 4, 8, 64, 1024}) {
      lengths.add(bytes.length - less);
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Loader.class.getName(),
                whole.toString()));
    for (int length : lengths) {
      Path cut = dir.resolve("cut-" + length + ".fb");
      Files.write(cut, Arrays.copyOf(bytes, length));
      command.add(cut.toString());
    }
    Path log = dir.resolve("log.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    int exit = process.waitFor();
    List<String> lines =
        Files.readAllLines(log).stream().filter(l -> l.startsWith("FILE ")).toList();

    assertThat(exit).as("exit code; the log ends %s", tail(log)).isZero();
    assertThat(lines).hasSize(lengths.size() + 1);
    assertThat(lines.get(0)).startsWith("FILE whole.fb accepted ");
    // the last few bytes of a file are padding: without them nothing is missing
    String nothingMissing = lines.get(0).substring("FILE whole.fb".length());
    assertThat(lines.subList(1, lines.size()))
        .allMatch(l -> l.contains(" refused ") || l.endsWith(nothingMissing));
    assertThat(lines).filteredOn(l -> l.contains(" refused ")).hasSizeGreaterThan(15);
  }

  private static String tail(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
  }

  /** Loads each file and applies a transform; one line each. */
  static final class Loader {
    private Loader() {}

    public static void main(String[] files) {
      for (String file : files) {
        String result;
        try {
          SameDiff sd = SameDiff.load(new File(file), false);
          half().build().apply(sd);
          result = "accepted " + GraphText.digest(sd);
        } catch (RuntimeException e) {
          result = "refused " + e.getClass().getSimpleName();
        }
        System.out.println("FILE " + Path.of(file).getFileName() + " " + result);
      }
    }
  }

  private static CompactedGraph slim() {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.5)
            .steps(6)
            .build()
            .apply(Nets.chain(DataType.FLOAT, 7));
    train(pruned, 6);
    return pruned.compact();
  }

  @Test
  void savingWhereNoFileCanBeKeepsWhatIsThere(@TempDir Path dir) throws IOException {
    CompactedGraph slim = slim();
    Path missing = dir.resolve("missing").resolve("slim.fb");
    refuses(Code.IO, () -> slim.save(missing), "directory exists");
    assertThat(missing).doesNotExist();

    Path file = Files.writeString(dir.resolve("a-file"), "kept");
    refuses(Code.IO, () -> slim.save(file.resolve("slim.fb")), "slim.fb");
    assertThat(file).hasContent("kept");

    Path full = Files.createDirectory(dir.resolve("full"));
    Path inside = Files.writeString(full.resolve("inside"), "kept");
    refuses(Code.IO, () -> slim.save(full), full.toString());
    assertThat(inside).hasContent("kept");
    assertThat(dir).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void aFailedSaveLeavesTheOldFileIntact(@TempDir Path dir) throws IOException {
    CompactedGraph slim = slim();
    Path target = dir.resolve("slim.fb");
    slim.save(target);
    byte[] old = Files.readAllBytes(target);
    Path manifest = dir.resolve("slim.fb.json");
    Files.delete(manifest);
    Files.writeString(Files.createDirectory(manifest).resolve("inside"), "kept");

    refuses(Code.IO, () -> slim.save(target, true), "slim.fb", "intact");
    assertThat(target).hasBinaryContent(old);
    assertThat(manifest.resolve("inside")).hasContent("kept");
  }
}
