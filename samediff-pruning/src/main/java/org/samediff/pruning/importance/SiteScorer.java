package org.samediff.pruning.importance;

import java.util.Map;
import org.samediff.pruning.error.PruningException;

/** Scores the filters of one layer over the steps of one run. Not thread safe. */
public interface SiteScorer {
  /** Whether {@link #step} wants the sums over the layer's map, which cost a pass over it. */
  default boolean readsMap() {
    return false;
  }

  /**
   * Takes in one training step.
   *
   * @throws PruningException NON_FINITE
   */
  void step(Observation seen);

  /**
   * What the scorer has gathered, for a checkpoint: lists of numbers by name.
   *
   * @throws PruningException BAD_OPTION from scorers that do not say
   */
  default Map<String, double[]> state() {
    throw new PruningException(
        PruningException.Code.BAD_OPTION,
        "the criterion's scorer "
            + getClass().getName()
            + " cannot be put into a checkpoint: implement state() and restore(), or train without"
            + " checkpoints");
  }

  /** Takes on what {@link #state} of a scorer of the same layer gave. */
  default void restore(Map<String, double[]> state) {
    throw new UnsupportedOperationException("a scorer with state() needs restore() too");
  }

  /** The score of each filter as of the last step: not negative, mean one (or all zero). */
  double[] score();
}
