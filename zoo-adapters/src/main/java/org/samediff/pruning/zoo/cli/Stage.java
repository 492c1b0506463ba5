package org.samediff.pruning.zoo.cli;

import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.TrainingCheckpoints;

/**
 * What of a run can be stopped now.
 *
 * @param stopping ends it soon, with a checkpoint
 * @param where it stands, in words
 */
record Stage(Runnable stopping, Supplier<String> where) {
  /** Nothing: the run loads, measures or writes. */
  static final Stage NONE = new Stage(() -> {}, () -> "");

  /** The dense training. */
  static Stage of(TrainingCheckpoints training, long steps) {
    return new Stage(
        training::stop,
        () ->
            String.format(
                Locale.ROOT, "step %d of %d of the dense training", training.step(), steps));
  }

  /** Training while filters are pruned. */
  static Stage of(PrunedGraph pruned, Path directory, int keep) {
    return new Stage(
        () -> pruned.stop(directory, keep),
        () ->
            String.format(
                Locale.ROOT,
                "step %d of %d",
                pruned.progress().step(),
                pruned.progress().totalSteps()));
  }

  void stop() {
    stopping.run();
  }

  String position() {
    return where.get();
  }
}
