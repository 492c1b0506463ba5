package org.samediff.pruning.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.TrainingState;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;

class ModelFilesTest {
  private static final long SEED = 11;
  private static final LoadOptions TRAINING = LoadOptions.DEFAULT.withUpdaterState();

  @TempDir Path dir;

  private static SameDiff trained(String net, IUpdater updater) {
    SameDiff sd = Nets.named(net, DataType.FLOAT, SEED, false);
    sd.getTrainingConfig().setUpdater(updater);
    sd.fit(new Batches(Nets.data(DataType.FLOAT, SEED, 2, 6, false)), 1);
    return sd;
  }

  private static void assertSame(SameDiff actual, SameDiff expected, boolean withState) {
    assertThat(GraphText.digest(actual)).isEqualTo(GraphText.digest(expected));
    if (withState) {
      Map<String, INDArray> states = TrainingState.arrays(expected);
      assertThat(TrainingState.arrays(actual)).containsExactlyEntriesOf(states);
      assertThat(actual.getTrainingConfig()).isEqualTo(expected.getTrainingConfig());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"chain", "vgg", "resnet"})
  void whatIsSavedIsLoaded(String net) {
    SameDiff sd = trained(net, new Nesterovs(0.01, 0.9));
    Path file = dir.resolve("net.fb");
    ModelFiles.save(sd, file, true);

    assertSame(ModelFiles.load(file, TRAINING.requiringManifest()), sd, true);
    assertSame(SameDiff.load(file.toFile(), true), sd, true);
    assertSame(ModelFiles.load(file), sd, false);
    assertThat(dir).isDirectoryNotContaining("glob:**.tmp");
  }

  @Test
  void everyUpdatersStateIsLoaded() {
    List<IUpdater> updaters =
        List.of(
            new Sgd(0.1),
            new Adam(new MapSchedule(ScheduleType.ITERATION, Map.of(0, 0.1, 5, 0.01))),
            new AMSGrad(1e-3),
            new NoOp());
    for (IUpdater updater : updaters) {
      SameDiff sd = trained("chain", updater);
      for (long limit : new long[] {ModelSave.FLATBUFFERS_LIMIT, 30_000}) {
        Path file = dir.resolve(updater.getClass().getSimpleName() + limit);
        new ModelSave(FileOps.REAL, limit).save(sd, file, true, Provenance.NONE);
        assertSame(ModelFiles.load(file, TRAINING), sd, true);
      }
    }
  }

  /**
   * The limit of 1 GiB is set low: state that does not fit lies beside, and goes with its model.
   */
  @Test
  void stateThatDoesNotFitLiesBeside() throws IOException {
    SameDiff sd = trained("chain", new Adam(0.01));
    Path file = dir.resolve("net.fb");
    new ModelSave(FileOps.REAL, 30_000).save(sd, file, true, Provenance.NONE);

    Manifest.FileEntry state = Manifest.beside(file).orElseThrow().model().state().orElseThrow();
    assertThat(dir.resolve(state.name())).hasSize(state.bytes());
    assertThat(TrainingState.arrays(SameDiff.load(file.toFile(), true))).isEmpty();
    assertSame(ModelFiles.load(file, TRAINING), sd, true);

    new ModelSave(FileOps.REAL, 30_000).save(sd, file, false, Provenance.NONE);
    assertThat(dir.resolve(state.name())).doesNotExist();
    assertThat(files()).containsExactly("net.fb", "net.fb.json");

    assertThat(code(() -> new ModelSave(FileOps.REAL, 5000).save(sd, file, true, Provenance.NONE)))
        .isEqualTo(Code.TOO_LARGE);
    assertSame(ModelFiles.load(file), sd, false);
  }

  private List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(dir)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"BOOL", "BYTE", "SHORT", "INT", "LONG", "UBYTE", "HALF", "FLOAT", "DOUBLE"})
  void arraysOfEveryTypeAndShape(DataType type) {
    SameDiff sd = SameDiff.create();
    INDArray numbers = Nd4j.arange(24).castTo(type);
    sd.constant("c", numbers.reshape('c', 2, 3, 4));
    if (type != DataType.UBYTE) {
      sd.constant("f", numbers.reshape('c', 2, 3, 4).dup('f'));
    }
    sd.constant("permuted", numbers.reshape('c', 2, 3, 4).permute(2, 0, 1));
    sd.constant("view", numbers.reshape('c', 4, 6).getColumn(2));
    sd.constant("ones", numbers.reshape('c', 1, 24, 1, 1));
    sd.constant("scalar", Nd4j.scalar(type, 1));
    Path file = dir.resolve("arrays.fb");
    ModelFiles.save(sd, file, false);
    SameDiff loaded = ModelFiles.load(file);
    for (SDVariable v : sd.variables()) {
      INDArray expected = v.getArr();
      INDArray actual = loaded.getVariable(v.name()).getArr();
      assertThat(actual.dataType()).isEqualTo(type);
      assertThat(actual.shape()).isEqualTo(expected.shape());
      assertThat(actual.castTo(DataType.DOUBLE).dup('c').data().asDouble())
          .as(v.name())
          .isEqualTo(expected.castTo(DataType.DOUBLE).dup('c').data().asDouble());
    }
  }

  /** ND4J itself saves these and loads other numbers, or nothing. */
  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "UINT16", "UINT32", "UINT64", "UBYTE"})
  void whatNd4jMisreadsIsNotSaved(DataType type) {
    SameDiff sd = SameDiff.create();
    sd.constant("odd", Nd4j.arange(6).castTo(type).reshape(2, 3).dup('f'));
    Path file = dir.resolve("odd.fb");
    PruningException e =
        catchThrowableOfType(PruningException.class, () -> ModelFiles.save(sd, file, false));
    assertThat(e.code()).isEqualTo(Code.NOT_ADMITTED);
    assertThat(e).hasMessageContaining("odd").hasMessageContaining(type.name());
    assertThat(file).doesNotExist();
  }

  @Test
  void theManifestIsComparedAndRequired() throws IOException {
    SameDiff sd = trained("chain", new Sgd(0.1));
    Path file = dir.resolve("net.fb");
    ModelFiles.save(sd, file, false, new Provenance(Map.of("seed", "11"), "{\"a\": 1}"));
    Manifest manifest = Manifest.beside(file).orElseThrow();
    assertThat(manifest.provenance().facts())
        .containsEntry("seed", "11")
        .containsKeys("nd4jVersion", "libraryVersion", "javaVersion");
    assertThat(manifest.provenance().facts().get("nd4jVersion")).isEqualTo("1.0.0-M2.1");
    assertThat(manifest.provenance().plan()).isEqualTo("{\"a\":1}");
    assertThat(manifest.variables()).contains("c1_W VARIABLE FLOAT [3, 3, 3, 8]");
    assertThat(manifest.previous()).isEmpty();

    byte[] good = Files.readAllBytes(file);
    byte[] other = good.clone();
    other[other.length / 2] ^= 1;
    Files.write(file, other);
    assertThatThrownBy(() -> ModelFiles.load(file))
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).isEqualTo(Code.DIGEST_MISMATCH))
        .hasMessageContaining("its manifest says");

    Files.write(file, good);
    Files.delete(Manifest.pathFor(file));
    assertSame(ModelFiles.load(file), sd, false);
    assertThat(code(() -> ModelFiles.load(file, LoadOptions.DEFAULT.requiringManifest())))
        .isEqualTo(Code.NO_MANIFEST);
    Files.writeString(Manifest.pathFor(file), "[");
    assertThat(code(() -> ModelFiles.load(file))).isEqualTo(Code.BAD_FILE);
  }

  @Test
  void aModelThatWasSavedWithoutManifestIsReplacedSafely() throws IOException {
    SameDiff sd = trained("chain", new Sgd(0.1));
    Path file = dir.resolve("net.fb");
    sd.save(file.toFile(), false);
    byte[] old = Files.readAllBytes(file);
    FailingOps ops = new FailingOps(FailingOps.Step.MOVE, 2);
    assertThat(code(() -> new ModelSave(ops, 1L << 30).save(sd, file, true, Provenance.NONE)))
        .isEqualTo(Code.IO);
    assertThat(file).hasBinaryContent(old);
    assertSame(ModelFiles.load(file, LoadOptions.DEFAULT.requiringManifest()), sd, false);
  }

  @Test
  void limitsAreKept() {
    SameDiff sd = trained("chain", new Sgd(0.1));
    Path file = dir.resolve("net.fb");
    ModelFiles.save(sd, file, false);
    for (Limits limits :
        List.of(
            Limits.DEFAULT.withFileBytes(1000),
            new Limits(1 << 20, 3, 1000, 32, 1 << 20),
            new Limits(1 << 20, 1000, 3, 32, 1 << 20),
            new Limits(1 << 20, 1000, 1000, 32, 20))) {
      assertThat(code(() -> ModelFiles.load(file, LoadOptions.DEFAULT.within(limits))))
          .isEqualTo(Code.TOO_LARGE);
    }
    assertThat(
            code(
                () ->
                    ModelFiles.load(
                        file,
                        LoadOptions.DEFAULT.within(new Limits(1 << 20, 999, 999, 2, 1 << 20)))))
        .isEqualTo(Code.BAD_FILE);
    assertThat(code(() -> new Limits(4, 1, 1, 1, 1))).isEqualTo(Code.BAD_OPTION);
  }

  @Test
  void brokenWeightsAreNotSavedOverGoodOnes() throws IOException {
    SameDiff sd = trained("chain", new Sgd(0.1));
    Path file = dir.resolve("net.fb");
    ModelFiles.save(sd, file, false);
    byte[] good = Files.readAllBytes(file);
    sd.getVariable("c1_W").getArr().putScalar(3, Double.NaN);
    PruningException e =
        catchThrowableOfType(PruningException.class, () -> ModelFiles.save(sd, file, false));
    assertThat(e.code()).isEqualTo(Code.NON_FINITE);
    assertThat(e).hasMessageContaining("c1_W");
    assertThat(file).hasBinaryContent(good);
  }

  /** An updater that is not ND4J's. */
  public static final class OwnUpdater extends Sgd {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void classesThatAreNotNd4jsMustBeAllowed() {
    SameDiff sd = Nets.named("chain", DataType.FLOAT, SEED, false);
    TrainingConfig config = sd.getTrainingConfig();
    config.setUpdater(new OwnUpdater());
    Path file = dir.resolve("own.fb");
    ModelFiles.save(sd, file, false);
    PruningException e = catchThrowableOfType(PruningException.class, () -> ModelFiles.load(file));
    assertThat(e.code()).isEqualTo(Code.FORBIDDEN_CLASS);
    assertThat(e).hasMessageContaining(OwnUpdater.class.getName());
    SameDiff loaded =
        ModelFiles.load(file, LoadOptions.DEFAULT.allowing(Set.of(OwnUpdater.class.getName())));
    assertThat(loaded.getTrainingConfig().getUpdater()).isInstanceOf(OwnUpdater.class);
  }

  private static Code code(Runnable action) {
    PruningException e = catchThrowableOfType(PruningException.class, action::run);
    assertThat(e).isNotNull();
    return e.code();
  }
}
