package org.samediff.pruning.channels;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of a graph may be cut. Layers are named by the name of their output. Immutable.
 *
 * @param ignored layers that keep their inputs and filters
 * @param keepFilters layers that keep their filters, while their inputs may be cut
 * @param allowInexact also cut what changes the graph's outputs, and say so in {@link
 *     ChannelAnalysis#inexact}
 * @param denseUnits also cut the units of dense layers, the columns of {@code W} in {@code x W}
 *     with a trainable {@code W}, as if they were filters
 */
public record CutScope(
    Set<String> ignored, Set<String> keepFilters, boolean allowInexact, boolean denseUnits) {

  /** Every filter of every convolution that can be cut exactly. */
  public static final CutScope FILTERS = new CutScope(Set.of(), Set.of(), false, false);

  /** Copies the sets, in alphabetical order. */
  public CutScope {
    ignored = Collections.unmodifiableSet(new TreeSet<>(ignored));
    keepFilters = Collections.unmodifiableSet(new TreeSet<>(keepFilters));
  }

  /** The same with inexact cuts allowed or not. */
  public CutScope withInexact(boolean allowed) {
    return new CutScope(ignored, keepFilters, allowed, denseUnits);
  }

  /** The same with or without the units of dense layers. */
  public CutScope withDenseUnits(boolean cut) {
    return new CutScope(ignored, keepFilters, allowInexact, cut);
  }
}
