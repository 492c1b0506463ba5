package org.samediff.pruning.channels;

import java.util.Optional;

/**
 * An op that takes the constant of a cut channel into its bias: linear in one input, and blind to
 * where in space it is.
 *
 * @param op name of the op
 * @param inputs how many of its inputs it is linear with, the bias excluded
 * @param input index of the input whose channels may carry a constant
 * @param axis of that input that the channels lie along
 * @param channels {group, channel} of every index along that axis; {-1, -1} for one never cut
 * @param outputRank rank of the op's output
 * @param outputAxis axis of the op's output that the bias lies along
 * @param outputs {group, channel} of every index along the output axis
 * @param bias the bias to change, the op's own or one that is added right behind it; empty if a
 *     constant has to be added
 */
public record Fold(
    String op,
    int inputs,
    int input,
    int axis,
    int[][] channels,
    int outputRank,
    int outputAxis,
    int[][] outputs,
    Optional<String> bias) {}
