package org.samediff.pruning.importance;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What one training step shows of one layer.
 *
 * @param iteration SameDiff's count of minibatches, for messages
 * @param parameters the array of a trainable variable by name, after the step's update; to be read
 *     only
 * @param map sums over the layer's map and its gradient; null for a scorer that does not read them
 * @param labels the minibatch's labels; null if the criterion does not need them
 */
public record Observation(
    int iteration,
    Function<String, INDArray> parameters,
    @Nullable MapSums map,
    @Nullable StepLabels labels) {}
