package org.samediff.pruning.importance;

/**
 * What all scorers of a run share.
 *
 * @param decay share of the old moving average that a step keeps, in [0, 1)
 * @param seed of the run
 */
public record ScoringOptions(double decay, long seed) {}
