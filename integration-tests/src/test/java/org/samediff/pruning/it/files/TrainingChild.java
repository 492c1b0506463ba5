package org.samediff.pruning.it.files;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.bench.Cycle;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.TrainingState;

/**
 * A training script that resumes by itself: begins a pruning run or goes on with it, writes a
 * checkpoint at every step, and says at the end what has come out.
 *
 * <p>Arguments: {@code REPORT DIRECTORY}.
 */
public final class TrainingChild {
  static final int EPOCHS = 6;
  static final int PER_EPOCH = 8;
  private static final long SEED = 3;

  private TrainingChild() {}

  public static void main(String[] args) throws Exception {
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    Path report = Path.of(args[0]);
    Path checkpoints = Path.of(args[1]);
    PruningTransform transform = PruningTransform.builder().macsTarget(0.5).epochs(EPOCHS).build();
    PrunedGraph pruned = startOrResume(transform, checkpoints);
    pruned.checkpointEvery(1, checkpoints, 3);
    Cycle data = new Cycle(SmallNet.data(SEED, PER_EPOCH, 6));
    int left = pruned.reposition(data, EPOCHS);
    Reports.say(report, "begin " + pruned.progress().step());
    if (left > 0) {
      pruned.graph().fit(data, left, pruned.listener(), new Narrator(pruned, report));
    }
    StringBuilder state = new StringBuilder();
    TrainingState.arrays(pruned.graph())
        .forEach(
            (name, a) -> state.append(name).append(Arrays.toString(a.dup('c').data().asFloat())));
    Reports.say(
        report,
        "end "
            + GraphText.digest(pruned.graph())
            + " "
            + GraphText.digest(pruned.compact().graph())
            + " "
            + Integer.toHexString(state.toString().hashCode())
            + " "
            + Integer.toHexString(Arrays.deepHashCode(pruned.scores())));
  }

  private static PrunedGraph startOrResume(PruningTransform transform, Path checkpoints) {
    try {
      return transform.resume(SmallNet.build(SEED + 1), checkpoints);
    } catch (PruningException e) {
      if (e.code() != PruningException.Code.NO_CHECKPOINT) {
        throw e;
      }
      PrunedGraph pruned = transform.apply(SmallNet.build(SEED));
      Nd4j.getRandom().setSeed(SEED);
      return pruned;
    }
  }

  /** Draws random numbers, as dropout does, and says which step is done. */
  private static final class Narrator extends BaseListener {
    private final PrunedGraph pruned;
    private final Path report;

    Narrator(PrunedGraph pruned, Path report) {
      this.pruned = pruned;
      this.report = report;
    }

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlMs) {
      INDArray w = sd.getVariable("fc_W").getArr();
      w.muli(1 + 1e-3 * SmallNet.draw());
    }

    @Override
    public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
      try {
        Reports.say(report, "step " + pruned.progress().step());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
