package org.samediff.pruning.zoo.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.graph.ui.LogFileWriter;
import org.nd4j.graph.ui.LogFileWriter.EventSubtype;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.training.PruningProgress;

/**
 * Writes a pruning run as the log that SameDiff's UI reads: {@code fit(data, epochs,
 * pruned.listener(), uiLog)}, behind the run's own listener. The graph, and at every step the
 * scalars {@code loss}, {@code pruning/ratio} and {@code pruning/flips}. Not thread safe; an I/O
 * error ends the fit with an {@link UncheckedIOException}.
 */
public final class UiLogListener extends BaseListener {
  private static final String LOSS = "loss";
  private static final String RATIO = "pruning/ratio";
  private static final String FLIPS = "pruning/flips";

  private final PrunedGraph pruned;
  private final LogFileWriter log;
  private long flips;

  /**
   * Begins a log with the graph.
   *
   * @param file one that does not exist; SameDiff's writer would append to it
   * @throws UncheckedIOException if it exists or cannot be written
   */
  public UiLogListener(PrunedGraph pruned, Path file) {
    this.pruned = pruned;
    flips = pruned.progress().flips();
    try {
      // the writer takes a file that exists for one to go on with, so this one is made and removed
      Files.delete(Files.createFile(file));
      log = new LogFileWriter(file.toFile());
      log.writeGraphStructure(pruned.graph());
      log.writeFinishStaticMarker();
      for (String name : new String[] {LOSS, RATIO, FLIPS}) {
        log.registerEventName(name);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  @Override
  public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
    PruningProgress now = pruned.progress();
    try {
      if (loss != null) {
        scalar(LOSS, EventSubtype.LOSS, at, loss.totalLoss());
      }
      scalar(RATIO, EventSubtype.USER_CUSTOM, at, now.currentRatio());
      scalar(FLIPS, EventSubtype.USER_CUSTOM, at, now.flips() - flips);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    flips = now.flips();
  }

  private void scalar(String name, EventSubtype kind, At at, double value) throws IOException {
    log.writeScalarEvent(
        name, kind, System.currentTimeMillis(), at.iteration(), at.epoch(), (float) value);
  }
}
