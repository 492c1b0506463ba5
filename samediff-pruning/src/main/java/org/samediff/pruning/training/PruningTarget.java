package org.samediff.pruning.training;

import java.util.Locale;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.error.PruningException;

/**
 * How much is to be cut.
 *
 * @param measure what is counted, over the whole network
 * @param ratio share to remove, in [0, 1): 0 removes nothing
 */
public record PruningTarget(Measure measure, double ratio) {
  /**
   * Checks the ratio.
   *
   * @throws PruningException BAD_OPTION
   */
  public PruningTarget {
    if (!(ratio >= 0 && ratio < 1)) {
      throw new PruningException(
          PruningException.Code.BAD_OPTION,
          String.format(
              Locale.ROOT,
              "%s target: the ratio is the share to remove and must be in [0, 1), got %s",
              measure.name().toLowerCase(Locale.ROOT),
              ratio));
    }
  }
}
