package org.samediff.pruning.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillSaveTest {
  private static final int KILLS = 30;
  private static final long SEED = 77;

  @Test
  void aKilledSaveLosesNothing(@TempDir Path dir) throws Exception {
    KillSave killer = new KillSave(dir, SEED);
    killer.run(KILLS);
    assertThat(killer.bad).as("seed %d", SEED).isEmpty();
    assertThat(killer.torn + killer.lost).isZero();
    assertThat(killer.finished + killer.inFlight).isEqualTo(KILLS);
    // of the last child's save and no other's
    assertThat(killer.leftovers()).isLessThanOrEqualTo(4);
  }
}
