package org.samediff.pruning.zoo.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.function.LongFunction;
import org.samediff.pruning.TrainingCheckpoints;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.run.Classifier;
import org.samediff.pruning.zoo.run.DenseNetwork;
import org.samediff.pruning.zoo.run.Progress;
import org.samediff.pruning.zoo.run.PruningRun;
import org.samediff.pruning.zoo.run.Recipe;
import org.samediff.pruning.zoo.run.RunWatch;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Dense training and pruning of one network, from where its folder says that they stand, with a
 * checkpoint on Ctrl-C.
 *
 * @param folder of this network's run
 * @param checkpointEvery steps between two checkpoints; 0 for one on Ctrl-C only
 * @param resumes whether to go on from what is in the folder
 * @param trains on; false to cut what is masked by now
 * @param interruption tells the run to stop
 */
record StagedRun(
    RunFolder folder,
    int checkpointEvery,
    boolean resumes,
    boolean trains,
    Interruption interruption) {
  private static final int KEPT_CHECKPOINTS = 2;
  private static final int STOPPED = 130;

  /** What Ctrl-C may stop. */
  interface Work {
    int run(Interruption interruption) throws IOException;
  }

  /**
   * Does something that Ctrl-C ends at the next step, and says then how it is resumed. The JVM does
   * not end before this has returned: whatever a stop writes is written within.
   *
   * @param folder that {@code resume} is to be given
   */
  static int stoppable(CommandSpec spec, RunFolder folder, Work work) throws IOException {
    try (Interruption interruption = new Interruption()) {
      try {
        return work.run(interruption);
      } catch (PruningException e) {
        if (e.code() != PruningException.Code.STOPPED) {
          throw e;
        }
        folder.begin(spec);
        PrintWriter err = spec.commandLine().getErr();
        err.printf(
            "stopped at %s; go on with:%n  resume %s%n",
            interruption.position(), folder.directory());
        err.flush();
        return STOPPED;
      }
    }
  }

  /**
   * Trains a network and prunes it.
   *
   * @param training before, if any
   * @throws PruningException STOPPED, when a checkpoint is written
   */
  PruningRun execute(
      Classifier classifier,
      FashionMnist images,
      Optional<Recipe> training,
      PruningRun.Settings settings,
      long seed,
      Progress progress,
      RunWatch watch)
      throws IOException {
    boolean pruningBegun = resumes && (!trains || folder.holdsCheckpoint());
    DenseNetwork dense = dense(classifier, images, training, seed, progress);
    PruningRun.Checkpoints checkpoints =
        new PruningRun.Checkpoints(
            folder.directory(),
            checkpointEvery,
            pruningBegun,
            trains,
            pruned -> interruption.enter(Stage.of(pruned, folder.directory(), KEPT_CHECKPOINTS)));
    try {
      if (checkpointEvery > 0 && training.isPresent() && trains) {
        folder.keepDense(dense.graph());
      }
      return PruningRun.execute(dense, settings, images, progress, checkpoints, watch);
    } catch (PruningException e) {
      if (e.code() == PruningException.Code.STOPPED && training.isPresent()) {
        folder.keepDense(dense.graph());
      }
      throw e;
    }
  }

  /** Trained before, trained here, from the newest checkpoint if there is one, or as it is. */
  private DenseNetwork dense(
      Classifier classifier,
      FashionMnist images,
      Optional<Recipe> training,
      long seed,
      Progress progress) {
    boolean trained = resumes && folder.restoreDense(classifier.graph());
    if (trained || training.isEmpty() || !trains) {
      return DenseNetwork.untrained(classifier, images, seed);
    }
    LongFunction<TrainingCheckpoints> checkpoints =
        steps -> {
          TrainingCheckpoints listener =
              new TrainingCheckpoints(
                  classifier.graph(), folder.denseRun(), checkpointEvery, KEPT_CHECKPOINTS);
          if (resumes) {
            listener.resume();
          }
          interruption.enter(Stage.of(listener, steps));
          return listener;
        };
    return DenseNetwork.train(
        classifier, images, training.get(), seed, progress, Optional.of(checkpoints));
  }
}
