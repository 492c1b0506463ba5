package org.samediff.pruning.it.families;

import java.util.Arrays;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * A value of a {@link Sketch}.
 *
 * @param v the variable: {@code [N, channels, space...]} or {@code [N, space..., channels]}
 * @param channels number of channels
 * @param space lengths in space; none for features
 */
record Feature(SDVariable v, int channels, int... space) {
  Feature with(SDVariable other) {
    return new Feature(other, channels, space);
  }

  Feature with(SDVariable other, int otherChannels) {
    return new Feature(other, otherChannels, space);
  }

  /** Number of positions. */
  int area() {
    return Arrays.stream(space).reduce(1, (a, b) -> a * b);
  }
}
