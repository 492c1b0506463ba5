package org.samediff.pruning.importance;

/**
 * The labels of one minibatch.
 *
 * @param weights {@code [example][class]} flattened in c order: one-hot, or a distribution
 * @param examples N
 * @param classes C
 */
public record StepLabels(double[] weights, int examples, int classes) {}
