package org.samediff.pruning.model;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.samediff.pruning.it.files.Reports;

/**
 * Saves a model over and over, every time with another weight and every second time with updater
 * state beside it, until it is killed. Says which save is done. The order of a save is the
 * library's; ND4J is left out so that a child starts in a fraction of a second.
 *
 * <p>Arguments: {@code REPORT MODEL BYTES AT FIRST}: the file to save over, a file with a model's
 * bytes, where in it a weight lies, and the first save's number.
 */
public final class SavingChild {
  private SavingChild() {}

  public static void main(String[] args) throws Exception {
    Path report = Path.of(args[0]);
    byte[] bytes = Files.readAllBytes(Path.of(args[2]));
    int at = Integer.parseInt(args[3]);
    ModelSave save = new ModelSave(FileOps.REAL, ModelSave.FLATBUFFERS_LIMIT);
    long orphaned = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    for (int i = Integer.parseInt(args[4]); System.nanoTime() < orphaned; i++) {
      ByteBuffer model = ByteBuffer.wrap(bytes.clone());
      model.putFloat(at, i);
      ArrayFile.Entries state = new ArrayFile.Entries();
      if (i % 2 == 0) {
        state.add("number", new double[] {i});
      }
      List<PendingFile> pending = new ArrayList<>();
      save.store(Path.of(args[1]), model, state, List.of("W"), Provenance.NONE, pending);
      pending.forEach(PendingFile::close);
      Reports.say(report, "saved " + i);
    }
  }
}
