package org.samediff.pruning;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a pruning run went, step by step and epoch by epoch, and the scores it ended with. Immutable.
 *
 * @param points in the order of their steps; a long run has one for several steps
 * @param epochs that were finished, in order
 * @param groups every group of the graph, in the order of the plan's groups
 */
public record RunHistory(List<Point> points, List<Epoch> epochs, List<Scores> groups) {
  /** Copies the lists. */
  public RunHistory {
    points = List.copyOf(points);
    epochs = List.copyOf(epochs);
    groups = List.copyOf(groups);
  }

  /**
   * One step or several that follow each other.
   *
   * @param step the last of them, counted from 1 over the whole run
   * @param loss their mean; 0 where SameDiff has not run the loss
   * @param targetRatio share of the cost to remove that the last one asked for, 0 to 1
   * @param ratio share of the cost that was masked behind the last one, 0 to 1
   * @param flips channels that changed sides in them
   */
  public record Point(long step, double loss, double targetRatio, double ratio, long flips) {}

  /**
   * One epoch, or the part of it that was watched.
   *
   * @param epoch counted from 1
   * @param step its last step
   * @param loss mean over its steps
   * @param ratio share of the cost that was masked at its end, 0 to 1
   * @param flips channels that changed sides in it
   * @param accuracy what the recorder's function gave for the masked network; null without one
   */
  public record Epoch(
      long epoch, long step, double loss, double ratio, long flips, @Nullable Double accuracy) {}

  /**
   * One group.
   *
   * @param layers the layers whose filters these are
   * @param scores of every channel, as of the last step that was scored; low is cut first
   * @param kept of every channel, whether it stays
   */
  public record Scores(List<String> layers, List<Double> scores, List<Boolean> kept) {
    /**
     * @throws IllegalArgumentException if there are not as many scores as channels
     */
    public Scores {
      layers = List.copyOf(layers);
      scores = List.copyOf(scores);
      kept = List.copyOf(kept);
      if (scores.size() != kept.size()) {
        throw new IllegalArgumentException(
            String.join(" + ", layers)
                + " has "
                + scores.size()
                + " scores and "
                + kept.size()
                + " channels");
      }
    }
  }
}
