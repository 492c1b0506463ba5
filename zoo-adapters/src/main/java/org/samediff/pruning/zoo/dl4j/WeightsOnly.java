package org.samediff.pruning.zoo.dl4j;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

/**
 * A regularisation that leaves vectors alone: DL4J regularises weights only, SameDiff every
 * variable, biases and batch norm factors among them. Weights are told by their rank, at least two.
 *
 * <p>A file that was saved with its TrainingConfig holds the name of this class and loads only
 * where it is on the class path; {@code CompactedGraph.save(file)} leaves it out. Immutable.
 */
public final class WeightsOnly implements Regularization {
  private static final long serialVersionUID = 1L;

  private final Regularization regularization;

  /** Wraps what is to be done to weights: L1, L2, weight decay. */
  @JsonCreator
  public WeightsOnly(@JsonProperty("regularization") Regularization regularization) {
    this.regularization = regularization;
  }

  /** What is done to weights. */
  @JsonProperty("regularization")
  public Regularization regularization() {
    return regularization;
  }

  @Override
  public ApplyStep applyStep() {
    return regularization.applyStep();
  }

  @Override
  public void apply(INDArray param, INDArray gradient, double rate, int iteration, int epoch) {
    if (param.rank() >= 2) {
      regularization.apply(param, gradient, rate, iteration, epoch);
    }
  }

  @Override
  public double score(INDArray param, int iteration, int epoch) {
    return param.rank() >= 2 ? regularization.score(param, iteration, epoch) : 0;
  }

  @Override
  @SuppressWarnings("MissingSuperCall") // a copy by construction
  public Regularization clone() {
    return new WeightsOnly(regularization.clone());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WeightsOnly w && regularization.equals(w.regularization);
  }

  @Override
  public int hashCode() {
    return Objects.hash(WeightsOnly.class, regularization);
  }

  @Override
  public String toString() {
    return "WeightsOnly(" + regularization + ")";
  }
}
