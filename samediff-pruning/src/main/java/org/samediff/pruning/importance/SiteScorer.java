package org.samediff.pruning.importance;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;

/** Scores the filters of one layer over the steps of one run. Not thread safe. */
public interface SiteScorer {
  /**
   * Adds the ops that need no gradient to the graph, once, before the first fit.
   *
   * @return names of the outputs that {@link #step} wants
   */
  default List<String> addForward(SameDiff graph) {
    return List.of();
  }

  /**
   * Adds the ops that need gradients to the graph's gradient function, when training starts.
   *
   * @return names of the outputs that {@link #step} wants
   */
  default List<String> addBackward(SameDiff gradientFunction) {
    return List.of();
  }

  /**
   * Takes in one training step.
   *
   * @param values each wanted output, flattened in c order
   * @param labels the step's labels, or null if the criterion does not need them
   */
  void step(Map<String, double[]> values, @Nullable StepLabels labels);

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
