package org.samediff.pruning.channels;

import java.util.Arrays;

/**
 * An op whose result changes when channels that reach it go.
 *
 * @param reason the op, and what it does
 * @param channels {group, channel} of each that it reads; {-1, -1} for one never cut
 */
public record InexactCut(String reason, int[][] channels) {
  /** True if any of the channels is not kept. */
  boolean touches(boolean[][] kept) {
    return Arrays.stream(channels).anyMatch(o -> o[0] >= 0 && !kept[o[0]][o[1]]);
  }
}
