package org.samediff.pruning.channels;

/**
 * Where a convolution keeps its filters.
 *
 * @param weights name of the variable that holds them
 * @param filterAxis axis of the weights that the filters lie along
 * @param channelAxis axis of the convolution's output that the channels lie along
 */
public record ConvolutionSite(String weights, int filterAxis, int channelAxis) {}
