package org.samediff.pruning.zoo.report;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.ListenerResponse;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.listeners.records.LossCurve;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.training.PruningProgress;

/**
 * Writes a pruning run as TensorBoard event files: {@code fit(data, epochs, pruned.listener(),
 * tensorBoard)}, behind the run's own listener. Scalars {@code loss}, {@code pruning/ratio}, {@code
 * pruning/target} and {@code pruning/flips} at every step, a histogram {@code scores/LAYER} of each
 * group at the end of every epoch. Not thread safe; an I/O error ends the fit with an {@link
 * UncheckedIOException}.
 */
public final class TensorBoardListener extends BaseListener implements Closeable {
  private final PrunedGraph pruned;
  private final EventFile events;
  private long flips;

  /**
   * Begins an event file.
   *
   * @param directory what TensorBoard's {@code --logdir} is given; made if it does not exist
   * @throws UncheckedIOException if it cannot be written
   */
  public TensorBoardListener(PrunedGraph pruned, Path directory) {
    this.pruned = pruned;
    flips = pruned.progress().flips();
    try {
      events = EventFile.in(directory);
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
    if (loss != null) {
      scalar("loss", loss.totalLoss());
    }
    scalar("pruning/ratio", now.currentRatio());
    scalar("pruning/target", now.targetRatio());
    scalar("pruning/flips", now.flips() - flips);
    flips = now.flips();
  }

  /** Adds a number of the user's own at the run's current step. */
  public void scalar(String tag, double value) {
    try {
      events.scalar(tag, pruned.progress().step(), value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public ListenerResponse epochEnd(SameDiff sd, At at, LossCurve lossCurve, long epochTimeMillis) {
    double[][] scores = pruned.scores();
    try {
      List<ChannelGroup> groups = pruned.groups();
      for (ChannelGroup g : groups) {
        String tag = "scores/" + String.join("+", g.members());
        events.histogram(tag, pruned.progress().step(), scores[g.index()]);
      }
      events.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ListenerResponse.CONTINUE;
  }

  @Override
  public void close() throws IOException {
    events.close();
  }
}
