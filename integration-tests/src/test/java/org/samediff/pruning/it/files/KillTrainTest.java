package org.samediff.pruning.it.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillTrainTest {
  private static final long SEED = 5;

  /** Killed five times, the run ends as one that was not, to the last bit. */
  @Test
  void aKilledRunResumes(@TempDir Path dir) throws Exception {
    KillTrain killer = new KillTrain(dir, SEED);
    killer.run(5);
    assertThat(killer.uninterrupted).startsWith("end ");
    assertThat(killer.kills).isEqualTo(5);
    assertThat(killer.different).as("runs that end differently, seed %d", SEED).isZero();
    // a checkpoint at every step: a step that was reported done is never done again
    assertThat(killer.stepsLost).isZero();
  }
}
