package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.training.PruningSchedule;

/** Every refusal: its code, what its message names, and that the user's graph is as it was. */
class BadInputTest {
  private static final DataType F = DataType.FLOAT;

  private static PruningTransform.Builder half() {
    return PruningTransform.builder().macsTarget(0.5).steps(10);
  }

  private static PruningException refusal(ThrowingCallable call) {
    PruningException e = catchThrowableOfType(PruningException.class, call);
    assertThat(e).as("a PruningException").isNotNull();
    return e;
  }

  private static void refused(
      SameDiff sd, PruningTransform transform, Code code, String... message) {
    String before = GraphText.digest(sd);
    PruningException e = refusal(() -> transform.apply(sd));
    assertThat(e.code()).isEqualTo(code);
    assertThat(e.getMessage()).contains(message);
    assertThat(GraphText.digest(sd)).isEqualTo(before);
  }

  private static SameDiff dense(boolean withConfig) {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", F, -1, 5);
    SDVariable y = sd.placeHolder("y", F, -1, 3);
    SDVariable logits = x.mmul("logits", sd.var("w", Nd4j.ones(F, 5, 3)));
    sd.loss().softmaxCrossEntropy("loss", y, logits, null);
    sd.setLossVariables("loss");
    if (withConfig) {
      Nets.train(sd, new Sgd(0.1));
    }
    return sd;
  }

  @Test
  void noConvolution() {
    refused(dense(true), half().build(), Code.NOTHING_TO_PRUNE, "no convolution");
  }

  @Test
  void noTrainingConfig() {
    refused(dense(false), half().build(), Code.NO_TRAINING_CONFIG, "setTrainingConfig");
  }

  @Test
  void noLabelsForACriterionThatNeedsThem() {
    SameDiff sd = Nets.chain(F, 1);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Sgd(0.1))
            .dataSetFeatureMapping("x", "y")
            .markLabelsUnused()
            .build());
    refused(sd, half().build(), Code.NO_LABELS, "two-factor", "twoFactor(0)");
    assertThat(half().criterion(Criterion.twoFactor(0)).build().apply(sd).groups()).hasSize(2);
  }

  @Test
  void unknownLayerListsTheNearest() {
    refused(
        Nets.resnet(F, 1),
        half().ignoredLayers("a_c9").build(),
        Code.UNKNOWN_LAYER,
        "\"a_c9\"",
        "a_c1",
        "a_c2");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.0, 1.5, Double.NaN})
  void ratioOutsideItsRange(double ratio) {
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> PruningTransform.builder().macsTarget(ratio),
            () -> PruningTransform.builder().parametersTarget(ratio),
            () -> PruningTransform.builder().filtersTarget(ratio))) {
      PruningException e = refusal(call);
      assertThat(e.code()).isEqualTo(Code.BAD_OPTION);
      assertThat(e.getMessage()).contains("[0, 1)", String.valueOf(ratio));
    }
  }

  @Test
  void missingOrContradictoryOptions() {
    assertThat(refusal(() -> PruningTransform.builder().steps(5).build()).getMessage())
        .contains("macsTarget");
    assertThat(refusal(() -> PruningTransform.builder().macsTarget(0.5).build()).getMessage())
        .contains("epochs(n)");
    assertThat(refusal(() -> half().epochs(1)).getMessage()).contains("steps(n)");
    assertThat(refusal(() -> half().steps(0)).code()).isEqualTo(Code.BAD_OPTION);
    assertThat(refusal(() -> half().minKeptRatio(0).build()).getMessage()).contains("(0, 1]");
    assertThat(refusal(() -> half().minFilters(0).build()).getMessage()).contains("at least 1");
    assertThat(refusal(() -> half().scoreDecay(1).build()).getMessage()).contains("[0, 1)");
    assertThat(refusal(() -> half().scoringInterval(0).build()).getMessage())
        .contains("at least 1");
    assertThat(refusal(() -> Criterion.named("l3")).getMessage()).contains("l1", "two-factor");
    assertThat(refusal(() -> Criterion.twoFactor(2)).getMessage()).contains("[0, 1]");
    assertThat(refusal(() -> PruningSchedule.ofSteps(9).withPhases(0.5, 0.4, 0.7)).code())
        .isEqualTo(Code.BAD_OPTION);
  }

  @Test
  void aGraphThatIsMaskedAlready() {
    SameDiff masked = half().build().apply(Nets.chain(F, 1)).graph();
    refused(masked, half().build(), Code.ALREADY_PRUNED, "pruning/");
  }

  @Test
  void gammaWithoutBatchNorm() {
    refused(
        Nets.chain(F, 1), half().criterion(Criterion.gamma()).build(), Code.BAD_OPTION, "\"c1\"");
  }

  @Test
  void weightsThatAreNotNumbers() {
    SameDiff sd = Nets.chain(F, 1);
    sd.getVariable("c2_W").getArr().putScalar(0, Float.NaN);
    refused(sd, half().build(), Code.NON_FINITE, "\"c2_W\"");
  }

  @Test
  void aDamagedGraph() {
    SameDiff sd = Nets.chain(F, 1);
    sd.getVariables().get("c1").setOutputOfOp("nobody");
    refused(sd, half().build(), Code.DAMAGED_GRAPH, "\"c1\"", "nobody");
  }

  @Test
  void compactTooEarly() {
    PrunedGraph pruned = half().build().apply(Nets.vgg(F, 1));
    assertThat(refusal(pruned::compact).code()).isEqualTo(Code.NOT_READY);
    List<DataSet> data = Nets.data(F, 1, 8, 8);
    pruned.graph().fit(new Batches(data.subList(0, 6)), 1, pruned.listener());
    PruningException moving = refusal(pruned::compact);
    assertThat(moving.code()).isEqualTo(Code.NOT_READY);
    assertThat(moving.getMessage()).contains("step 6 of 10", "HOLD");

    pruned.graph().fit(new Batches(data.subList(6, 8)), 2, pruned.listener());
    assertThat(pruned.compact().report().macsAfter())
        .isLessThan(pruned.compact().report().macsBefore());
  }

  @Test
  void compactBeforeTheDecayIsOver() {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.5)
            .schedule(PruningSchedule.ofSteps(40).withPhases(0.05, 0.1, 0.15))
            .build()
            .apply(Nets.vgg(F, 1));
    pruned.graph().fit(new Batches(Nets.data(F, 1, 8, 8)), 1, pruned.listener());
    PruningException e = refusal(pruned::compact);
    assertThat(e.code()).isEqualTo(Code.NOT_READY);
    assertThat(e.getMessage()).contains("step 8 of 40", "of its norm");
  }

  @Test
  void saveWhereNothingCanBeWritten(@TempDir Path dir) throws IOException {
    PrunedGraph pruned = half().build().apply(Nets.chain(F, 1));
    pruned.graph().fit(new Batches(Nets.data(F, 1, 10, 8)), 1, pruned.listener());
    CompactedGraph slim = pruned.compact();
    Path missing = dir.resolve("missing").resolve("slim.fb");
    PruningException e = refusal(() -> slim.save(missing));
    assertThat(e.code()).isEqualTo(Code.IO);
    assertThat(e.getMessage()).contains(missing.toString());

    Path taken = Files.createDirectory(dir.resolve("slim.fb"));
    Path inside = Files.writeString(taken.resolve("keep"), "keep");
    assertThat(refusal(() -> slim.save(taken)).code()).isEqualTo(Code.IO);
    assertThat(inside).hasContent("keep");
    assertThat(dir.resolve("slim.fb.tmp")).doesNotExist();
  }

  /** A load of a truncated file may end the JVM, so that it happens in one of its own. */
  @Test
  void aGraphFromATruncatedFile(@TempDir Path dir) throws Exception {
    Path whole = dir.resolve("whole.fb");
    Nets.chain(F, 1).save(whole.toFile(), false);
    byte[] bytes = Files.readAllBytes(whole);
    for (int percent : new int[] {0, 1, 10, 50, 90, 99}) {
      Path cut = dir.resolve("cut" + percent + ".fb");
      Files.write(cut, Arrays.copyOf(bytes, bytes.length * percent / 100));
    }
    File log = dir.resolve("log").toFile();
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                TruncatedLoads.class.getName(),
                dir.toString())
            .redirectErrorStream(true)
            .redirectOutput(log)
            .start();
    assertThat(child.waitFor(3, TimeUnit.MINUTES)).isTrue();
    assertThat(child.exitValue()).as(Files.readString(log.toPath())).isZero();
    assertThat(Files.readString(log.toPath())).contains("6 of 6 refused");
  }

  /** Loads each cut file in a folder; none may give a graph that pruning accepts. */
  static final class TruncatedLoads {
    private TruncatedLoads() {}

    public static void main(String[] args) throws IOException {
      int refused = 0;
      int files = 0;
      try (var paths = Files.newDirectoryStream(Path.of(args[0]), "cut*.fb")) {
        for (Path path : paths) {
          files++;
          try {
            SameDiff sd = SameDiff.load(path.toFile(), false);
            half().build().apply(sd);
            System.out.println(path + " was accepted");
          } catch (PruningException e) {
            refused++;
          } catch (RuntimeException | OutOfMemoryError e) {
            refused++; // SameDiff itself refuses
          }
        }
      }
      System.out.println(refused + " of " + files + " refused");
      System.exit(refused == files ? 0 : 1);
    }
  }

  @Test
  void openAxes() {
    SameDiff sd = Nets.chain(F, 1);
    sd.getVariable("x").setShape(-1, 3, -1, 12);
    assertThatThrownBy(() -> half().build().apply(sd))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> {
              assertThat(e.code()).isEqualTo(Code.BAD_OPTION);
              assertThat(e).hasMessageContaining("\"x\"").hasMessageContaining("example inputs");
            });
  }
}
