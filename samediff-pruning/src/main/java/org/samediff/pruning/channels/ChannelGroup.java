package org.samediff.pruning.channels;

import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;

/**
 * Channels that the graph ties together across layers: channel {@code k} of the group is filter
 * {@code k} of every member convolution, or whichever filters the ties say, and is cut everywhere
 * or nowhere.
 *
 * @param index position in {@link ChannelAnalysis#groups()}
 * @param name the first member's name
 * @param size number of channels
 * @param members output names of the convolutions whose filters these are, in topological order
 * @param filters for each member, for each channel, the indices of its filters
 * @param masked what makes up the units: for each axis of a trainable variable, for each channel,
 *     the indices along it (filters, biases, batch-norm gamma and beta)
 * @param cut what is removed with the channels: the masked axes, the consumers' input axes and
 *     per-channel constants
 */
public record ChannelGroup(
    int index,
    String name,
    int size,
    List<String> members,
    List<int[][]> filters,
    SortedMap<LeafAxis, int[][]> masked,
    SortedMap<LeafAxis, int[][]> cut) {
  /** Number of filters over all members. */
  public int filterCount() {
    return filters.stream().flatMap(Arrays::stream).mapToInt(indices -> indices.length).sum();
  }

  @Override
  public String toString() {
    return name + ": " + size + " channels of " + members + ", cut " + cut.keySet();
  }
}
