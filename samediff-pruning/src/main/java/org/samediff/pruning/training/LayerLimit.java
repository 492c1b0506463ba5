package org.samediff.pruning.training;

import java.util.Locale;
import org.samediff.pruning.error.PruningException;

/**
 * What share of its filters a layer loses, whatever the ranking says.
 *
 * @param pattern the layers: a name, a glob or {@code op:TYPE}
 * @param least share that is removed at least, in [0, 1)
 * @param most share that is removed at most, in [least, 1]; where it equals {@code least}, the
 *     layer loses that share, to the nearest whole channel (half a channel stays)
 */
public record LayerLimit(String pattern, double least, double most) {
  /**
   * Checks the numbers.
   *
   * @throws PruningException BAD_OPTION
   */
  public LayerLimit {
    if (!(0 <= least && least <= most && most <= 1 && least < 1)) {
      throw new PruningException(
          PruningException.Code.BAD_OPTION,
          text(pattern, least, most)
              + ": a ratio is the share to remove; needs 0 <= least <= most <= 1, and least < 1");
    }
  }

  /** Whether the share is given, not bounded. */
  public boolean exact() {
    return least == most;
  }

  /** As the option was written. */
  @Override
  public String toString() {
    return text(pattern, least, most);
  }

  private static String text(String pattern, double least, double most) {
    return least == most
        ? String.format(Locale.ROOT, "layerRatio(\"%s\", %s)", pattern, least)
        : String.format(Locale.ROOT, "layerRatioBetween(\"%s\", %s, %s)", pattern, least, most);
  }
}
