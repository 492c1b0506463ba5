package org.samediff.pruning.training;

/**
 * Where a pruning run stands.
 *
 * @param step training steps done
 * @param totalSteps length of the run in steps, -1 while the first epoch still counts them
 * @param phase what the run is doing
 * @param targetRatio share of the cost to remove that is asked for now
 * @param currentRatio share of the cost that is masked now
 * @param flips channels that have changed sides so far
 */
public record PruningProgress(
    long step, long totalSteps, Phase phase, double targetRatio, double currentRatio, long flips) {}
