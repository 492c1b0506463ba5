package org.samediff.pruning.channels;

/**
 * Where a layer keeps its filters: a convolution, or a dense layer whose units are cut as well.
 *
 * @param weights name of the variable that holds them
 * @param filterAxis axis of the weights that the filters lie along
 * @param channelAxis axis of the layer's output that the channels lie along
 */
public record FilterSite(String weights, int filterAxis, int channelAxis) {}
