package org.samediff.pruning.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.learning.config.Adam;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.TrainingState;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;

/**
 * Every step of a save is made to fail, at every call, with state inside the file and beside it.
 */
class SaveOrderTest {
  private static final LoadOptions STRICT =
      LoadOptions.DEFAULT.requiringManifest().withUpdaterState();
  private static final long SMALL = 30_000;

  private static SameDiff old;
  private static SameDiff next;

  @TempDir Path dir;

  @BeforeAll
  static void train() {
    old = Nets.named("chain", DataType.FLOAT, 5, false);
    old.getTrainingConfig().setUpdater(new Adam(0.01));
    Batches data = new Batches(Nets.data(DataType.FLOAT, 5, 2, 4, false));
    old.fit(data, 1);
    next = Nets.named("chain", DataType.FLOAT, 6, false);
    next.getTrainingConfig().setUpdater(new Adam(0.01));
    next.fit(data, 2);
  }

  @ParameterizedTest
  @EnumSource
  void theOldModelOrTheNewOneIsThere(FailingOps.Step step) throws IOException {
    for (long limit : new long[] {SMALL, ModelSave.FLATBUFFERS_LIMIT}) {
      int call = 1;
      while (fails(step, call, limit)) {
        call++;
      }
      // every file is created, forced and renamed: model, two manifests, and state if apart
      if (step != FailingOps.Step.WRITE_HALF) {
        assertThat(call - 1).as("calls of %s", step).isGreaterThanOrEqualTo(3);
      }
    }
  }

  private boolean fails(FailingOps.Step step, int call, long limit) throws IOException {
    Path folder = Files.createDirectory(dir.resolve(step + "-" + call + "-" + limit));
    Path file = folder.resolve("slim.fb");
    new ModelSave(FileOps.REAL, limit).save(old, file, true, Provenance.NONE);
    FailingOps ops = new FailingOps(step, call);
    PruningException e =
        catchThrowableOfType(
            PruningException.class,
            () -> new ModelSave(ops, limit).save(next, file, true, Provenance.NONE));
    if (!ops.failed()) {
      assertThat(e).isNull();
      assertThat(same(load(file), next)).isTrue();
      return false;
    }
    SameDiff there = load(file);
    if (e == null) {
      // reading the old model's digest failed, which is only wanted for the hand-over
      assertThat(step).isEqualTo(FailingOps.Step.OPEN);
      assertThat(same(there, next)).isTrue();
    } else {
      assertThat(e.code()).isEqualTo(Code.IO);
      assertThat(e).hasMessageContaining("slim.fb").hasMessageContaining("again");
      assertThat(same(there, old) || same(there, next)).isTrue();
    }
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
    // and the next save goes through
    ModelFiles.save(next, file, true);
    assertThat(same(load(file), next)).isTrue();
    return true;
  }

  private static SameDiff load(Path file) {
    return ModelFiles.load(file, STRICT);
  }

  private static boolean same(SameDiff a, SameDiff b) {
    return GraphText.digest(a).equals(GraphText.digest(b))
        && TrainingState.arrays(a).equals(TrainingState.arrays(b));
  }

  /** What a killed process leaves: its temporary files go with the next save, others' stay. */
  @Test
  void leftoversOfDeadProcessesAreRemoved() throws IOException {
    Path file = dir.resolve("slim.fb");
    long dead = 1L << 40;
    Path leftover = Files.writeString(dir.resolve(".slim.fb." + dead + "-1.tmp"), "torn");
    Path alive =
        Files.writeString(
            dir.resolve(".slim.fb." + ProcessHandle.current().pid() + "-999999.tmp"), "busy");
    Path foreign = Files.writeString(dir.resolve(".slim.fb.mine.tmp"), "kept");
    ModelFiles.save(old, file, false);
    assertThat(leftover).doesNotExist();
    assertThat(alive).hasContent("busy");
    assertThat(foreign).hasContent("kept");
  }

  @Test
  void anErrorWhileWritingLeavesNothing() {
    Path file = dir.resolve("slim.fb");
    ModelFiles.save(old, file, true);
    FileOps dying =
        new FileOps() {
          @Override
          void write(FileChannel channel, ByteBuffer bytes) {
            throw new OutOfMemoryError("injected");
          }
        };
    PruningException e =
        catchThrowableOfType(
            PruningException.class,
            () -> new ModelSave(dying, SMALL).save(next, file, true, Provenance.NONE));
    assertThat(e.code()).isEqualTo(Code.OUT_OF_MEMORY);
    assertThat(same(load(file), old)).isTrue();
    assertThat(dir).isDirectoryNotContaining("glob:**.tmp");
  }
}
