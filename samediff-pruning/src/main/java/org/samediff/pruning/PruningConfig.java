package org.samediff.pruning;

import java.util.List;
import java.util.Locale;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.latency.LatencyOptions;
import org.samediff.pruning.training.LayerLimit;
import org.samediff.pruning.training.PruningSchedule;
import org.samediff.pruning.training.PruningTarget;
import org.samediff.pruning.training.Ranking;

/**
 * Everything a pruning run is set to; made by {@link PruningTransform#builder()}. Layers are named
 * by the name of their output, a glob of it ({@code *}, {@code ?}), or {@code op:TYPE} with ND4J's
 * name of the op or a glob of that.
 *
 * @param target what share of what is removed
 * @param criterion how filters are scored
 * @param schedule when
 * @param layers the only layers whose filters are cut; empty for all
 * @param ignoredLayers layers that keep their inputs and filters
 * @param layerLimits shares that single layers lose
 * @param minKeptRatio share of each layer's filters that always stays, in (0, 1]
 * @param minFilters number of each layer's filters that always stays, at least 1
 * @param roundTo what the number of filters that stay in a layer is a multiple of; 1 for any number
 * @param allowInexact whether cuts that change the outputs are made as well, and reported
 * @param denseUnits whether the units of dense layers are pruned as filters are
 * @param ranking which channels compete with each other
 * @param scoreDecay share of the scores' moving average that a step keeps, in [0, 1)
 * @param scoringInterval each layer is scored at every so many steps, the layers taking turns; the
 *     partition is made anew at every step all the same
 * @param latency how latency is measured, where the target is one
 * @param seed of random scores and generated inputs
 */
public record PruningConfig(
    PruningTarget target,
    Criterion criterion,
    PruningSchedule schedule,
    List<String> layers,
    List<String> ignoredLayers,
    List<LayerLimit> layerLimits,
    double minKeptRatio,
    int minFilters,
    int roundTo,
    boolean allowInexact,
    boolean denseUnits,
    Ranking ranking,
    double scoreDecay,
    int scoringInterval,
    LatencyOptions latency,
    long seed) {
  /**
   * Checks the numbers and copies the lists.
   *
   * @throws PruningException BAD_OPTION
   */
  public PruningConfig {
    layers = List.copyOf(layers);
    layerLimits = List.copyOf(layerLimits);
    ignoredLayers = List.copyOf(ignoredLayers);
    require(
        minKeptRatio > 0 && minKeptRatio <= 1,
        "minKeptRatio must be in (0, 1], got %s",
        minKeptRatio);
    require(minFilters >= 1, "minFilters must be at least 1, got %s", minFilters);
    require(roundTo >= 1, "roundTo must be at least 1, got %s", roundTo);
    require(scoringInterval >= 1, "scoringInterval must be at least 1, got %s", scoringInterval);
    require(scoreDecay >= 0 && scoreDecay < 1, "scoreDecay must be in [0, 1), got %s", scoreDecay);
  }

  private static void require(boolean holds, String message, Object value) {
    if (!holds) {
      throw new PruningException(
          PruningException.Code.BAD_OPTION, String.format(Locale.ROOT, message, value));
    }
  }
}
