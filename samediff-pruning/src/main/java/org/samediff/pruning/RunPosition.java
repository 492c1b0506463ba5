package org.samediff.pruning;

import java.util.Iterator;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * Where a run stands in its data.
 *
 * @param epochs that are done
 * @param stepsInEpoch minibatches of the current epoch that are done
 * @param endEpoch counts an epoch that is done
 */
record RunPosition(LongSupplier epochs, LongSupplier stepsInEpoch, Runnable endEpoch) {

  /**
   * Moves a fresh iterator there: once reset for each epoch that is done, as {@code fit} does, and
   * past the minibatches of the current one.
   *
   * @param length of the whole run in epochs
   * @return the number of epochs that are left, the current one included
   * @throws PruningException CHECKPOINT_MISMATCH if the iterator is shorter than that
   */
  int move(SameDiff graph, Iterator<?> iterator, Runnable reset, int length) {
    for (long e = 0; e < epochs.getAsLong(); e++) {
      reset.run();
    }
    long done = stepsInEpoch.getAsLong();
    for (long i = 0; i < done; i++) {
      if (!iterator.hasNext()) {
        throw new PruningException(
            Code.CHECKPOINT_MISMATCH,
            String.format(
                Locale.ROOT,
                "the run is %d minibatches into its epoch, and the iterator has %d: it is not the run's",
                done,
                i));
      }
      iterator.next();
    }
    if (done > 0 && !iterator.hasNext()) {
      // the checkpoint was written behind the last step of an epoch, before the epoch was counted
      endEpoch.run();
      graph.getTrainingConfig().incrementEpochCount();
      reset.run();
    }
    return (int) Math.max(0, length - epochs.getAsLong());
  }
}
