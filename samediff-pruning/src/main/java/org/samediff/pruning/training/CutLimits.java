package org.samediff.pruning.training;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.error.PruningException;

/**
 * The least and the most channels that each group of a graph loses: what floors, layer limits and
 * rounding come to. Immutable.
 */
public final class CutLimits {
  /** Shares such as 0.3 are not exact; no count depends on their last digits. */
  private static final double EPSILON = 1e-9;

  private final int[] sizes;
  private final int[] least;
  private final int[] most;
  private final int roundTo;

  private CutLimits(int[] sizes, int roundTo) {
    this.sizes = sizes;
    this.roundTo = roundTo;
    least = new int[sizes.length];
    most = new int[sizes.length];
  }

  /**
   * Floors only.
   *
   * @param minKeptRatio share of a group's channels that always stays, in (0, 1]
   * @param minFilters number of a group's channels that always stays, at least 1
   */
  public static CutLimits floors(ChannelAnalysis analysis, double minKeptRatio, int minFilters) {
    return of(analysis, minKeptRatio, minFilters, 1, Map.of());
  }

  /**
   * All limits.
   *
   * @param minKeptRatio share of a group's channels that always stays, in (0, 1]
   * @param minFilters number of a group's channels that always stays, at least 1
   * @param roundTo what the number of channels that stay is a multiple of, where a multiple lies
   *     between floor and size; 1 for any number
   * @param layers limits by the output name of the layer; they hold for its groups
   * @throws PruningException BAD_OPTION where two limits of a group, or a limit and the floor or
   *     the rounding, cannot both hold
   */
  public static CutLimits of(
      ChannelAnalysis analysis,
      double minKeptRatio,
      int minFilters,
      int roundTo,
      Map<String, List<LayerLimit>> layers) {
    CutLimits limits =
        new CutLimits(
            analysis.groups().stream().mapToInt(ChannelGroup::size).toArray(),
            Math.max(1, roundTo));
    for (ChannelGroup g : analysis.groups()) {
      Interval interval = new Interval(g, minKeptRatio, minFilters, limits.roundTo);
      for (String member : g.members()) {
        layers.getOrDefault(member, List.of()).forEach(interval::add);
      }
      interval.round();
      limits.least[g.index()] = interval.least;
      limits.most[g.index()] = interval.most;
    }
    return limits;
  }

  /** Channels the group loses at least, once this share of the target is asked for. */
  int least(int group, double ramp) {
    return (int) Math.round(ramp * least[group]);
  }

  /** Channels the group loses at most, once this share of the target is asked for. */
  int most(int group, double ramp) {
    return least[group] == most[group] ? least(group, ramp) : most[group];
  }

  /** True if some group loses channels whatever the budget is. */
  boolean forceCuts() {
    return IntStream.of(least).anyMatch(n -> n > 0);
  }

  /** True if the number of channels that stay has to be a multiple of something. */
  boolean rounds() {
    return roundTo > 1;
  }

  /** The least number of channels that stays in each group. */
  int[] floors() {
    return IntStream.range(0, sizes.length).map(g -> sizes[g] - most[g]).toArray();
  }

  /** The feasible number of channels to keep that is nearest to the wanted one, ties up. */
  int rounded(int group, int kept) {
    return nearest(kept, sizes[group] - most[group], sizes[group], roundTo);
  }

  /** Nearest to {@code kept}, ties up, of the multiples from floor to size and of size itself. */
  private static int nearest(int kept, int floor, int size, int multiple) {
    int lower = Math.max(kept, 0) / multiple * multiple;
    if (lower < floor) {
      lower = (floor + multiple - 1) / multiple * multiple;
    }
    if (lower >= kept || lower > size) {
      return Math.min(lower, size);
    }
    int upper = Math.min(lower + multiple, size);
    return kept - lower < upper - kept ? lower : upper;
  }

  /** What one group may lose, narrowed down limit by limit. */
  private static final class Interval {
    private final ChannelGroup group;
    private final int floor;
    private final int roundTo;
    private int least;
    private int most;
    private String leastBy = "nothing";
    private String mostBy;

    Interval(ChannelGroup group, double minKeptRatio, int minFilters, int roundTo) {
      this.group = group;
      this.roundTo = roundTo;
      int wanted = Math.max(minFilters, (int) Math.ceil(minKeptRatio * group.size() - EPSILON));
      floor = Math.min(group.size(), Math.max(1, wanted));
      most = group.size() - floor;
      mostBy =
          String.format(
              Locale.ROOT,
              "the floor of %d (minKeptRatio(%s), minFilters(%d))",
              floor,
              minKeptRatio,
              minFilters);
    }

    void add(LayerLimit limit) {
      int size = group.size();
      int atLeast = (int) Math.ceil(limit.least() * size - EPSILON);
      int atMost = (int) Math.floor(limit.most() * size + EPSILON);
      if (limit.exact()) {
        int kept = (int) Math.floor((1 - limit.least()) * size + 0.5 + EPSILON);
        atLeast = size - (roundTo > 1 ? nearest(kept, floor, size, roundTo) : kept);
        atMost = atLeast;
      } else if (atLeast > atMost) {
        throw bad(limit + " allows no whole number of them; widen it");
      }
      if (atLeast > most) {
        throw conflict(limit.toString(), atLeast, mostBy, most);
      }
      if (atMost < least) {
        throw conflict(leastBy, least, limit.toString(), atMost);
      }
      if (atLeast > least) {
        least = atLeast;
        leastBy = limit.toString();
      }
      if (atMost < most) {
        most = atMost;
        mostBy = limit.toString();
      }
    }

    /** Narrows the interval to numbers that leave a multiple. */
    void round() {
      if (roundTo == 1) {
        return;
      }
      int size = group.size();
      int fewest = Math.min(size, (size - most + roundTo - 1) / roundTo * roundTo);
      int greatest = least == 0 ? size : (size - least) / roundTo * roundTo;
      if (greatest < fewest) {
        throw bad(
            String.format(
                Locale.ROOT,
                "roundTo(%d): no multiple lies between %d (%s) and %d (%s)",
                roundTo,
                size - most,
                mostBy,
                size - least,
                leastBy));
      }
      most = size - fewest;
      least = size - greatest;
    }

    private PruningException conflict(String demand, int atLeast, String bound, int atMost) {
      return bad(
          String.format(
              Locale.ROOT,
              "%s removes at least %d, %s lets go of %d at most; make them agree",
              demand,
              atLeast,
              bound,
              atMost));
    }

    private PruningException bad(String message) {
      return new PruningException(
          PruningException.Code.BAD_OPTION,
          String.format(
              Locale.ROOT,
              "%s, %d channels%s: %s",
              String.join(" + ", group.members()),
              group.size(),
              group.members().size() > 1 ? " that are cut together" : "",
              message));
    }
  }
}
