package org.samediff.pruning.zoo.run;

import java.util.Locale;
import java.util.function.Supplier;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Reports epoch, loss and whatever else is asked for after every training step. */
final class TrainingProgress extends BaseListener {
  private static final double LOSS_DECAY = 0.95;

  private final Progress progress;
  private final Supplier<String> extra;
  private final int stepsPerEpoch;
  private final int epochs;
  private final long first;
  private long step;
  private double loss;

  /**
   * @param extra shown behind the loss
   * @param done steps that are behind the run already
   */
  TrainingProgress(
      Progress progress, int epochs, int stepsPerEpoch, Supplier<String> extra, long done) {
    this.progress = progress;
    this.extra = extra;
    this.epochs = epochs;
    this.stepsPerEpoch = stepsPerEpoch;
    step = done;
    first = done;
  }

  void begin(String task) {
    progress.begin(task, (long) epochs * stepsPerEpoch);
  }

  void end() {
    progress.end();
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  @Override
  public void iterationDone(SameDiff sd, At at, MultiDataSet data, Loss current) {
    loss =
        step == first
            ? current.totalLoss()
            : LOSS_DECAY * loss + (1 - LOSS_DECAY) * current.totalLoss();
    progress.step(
        ++step,
        String.format(
            Locale.ROOT,
            "epoch %d/%d  loss %.3f%s",
            (step - 1) / stepsPerEpoch + 1,
            epochs,
            loss,
            extra.get()));
  }
}
