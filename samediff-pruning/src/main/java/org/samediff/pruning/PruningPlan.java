package org.samediff.pruning;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.CostModel;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * What was cut, why, and what it saves: a readable file that {@link PruningTransform#replay}
 * carries out on another copy of the same graph. Immutable; one that exists is valid in itself.
 *
 * @param source the graph it was made for
 * @param criterion what the scores are
 * @param before size of the whole network before the cut
 * @param after and after it
 * @param groups every group of the graph in topological order, also those that kept everything
 * @param keptLayers layers with filters that are never cut, with the reason
 */
public record PruningPlan(
    Source source,
    String criterion,
    Size before,
    Size after,
    List<Group> groups,
    Map<String, String> keptLayers) {

  /** Copies the lists. */
  public PruningPlan {
    groups = List.copyOf(groups);
    keptLayers = Collections.unmodifiableMap(new TreeMap<>(keptLayers));
  }

  /**
   * The graph a plan is for, as far as its groups depend on it. Weights are not in it.
   *
   * @param text the lines of its text form, without masks
   * @param outputs variables whose channels stay
   * @param scope what was allowed to be cut
   */
  public record Source(List<String> text, List<String> outputs, CutScope scope) {
    /** Copies the lists. */
    public Source {
      text = List.copyOf(text);
      outputs = List.copyOf(outputs);
    }

    /**
     * SHA-256 of the text form, in hexadecimal: the same for graphs that differ in weights only.
     */
    String digest() {
      return Hashing.sha256()
          .hashString(String.join("\n", text), StandardCharsets.UTF_8)
          .toString();
    }
  }

  /**
   * How large a network, or a part of it, is.
   *
   * @param filters of convolutions, and units of dense layers if those could be cut
   * @param parameters that are trainable
   * @param macs multiply-accumulates for one example
   */
  public record Size(long filters, long parameters, long macs) {
    /**
     * Checks the numbers.
     *
     * @throws PruningException BAD_PLAN if one is negative
     */
    public Size {
      if (filters < 0 || parameters < 0 || macs < 0) {
        throw bad(
            String.format(
                "a size is negative: %d filters, %d parameters, %d MACs",
                filters, parameters, macs));
      }
    }

    private static Size of(CostModel cost, boolean[][] kept) {
      return new Size(
          cost.cost(Measure.FILTERS, kept),
          cost.cost(Measure.PARAMETERS, kept),
          cost.cost(Measure.MACS, kept));
    }

    private Size minus(Size other) {
      return new Size(filters - other.filters, parameters - other.parameters, macs - other.macs);
    }
  }

  /**
   * One group.
   *
   * @param layers the layers whose filters these are
   * @param channels number of channels before the cut
   * @param cut indices of the channels that were removed, ascending; never all
   * @param scores of the channels that were removed, in the same order
   * @param lowestKeptScore the lowest score of those that stayed
   * @param saves what cutting this group alone saves
   */
  public record Group(
      List<String> layers,
      int channels,
      List<Integer> cut,
      List<Double> scores,
      double lowestKeptScore,
      Size saves) {
    /**
     * Checks that layers, channels, cut and scores fit each other.
     *
     * @throws PruningException BAD_PLAN
     */
    public Group {
      layers = List.copyOf(layers);
      cut = List.copyOf(cut);
      scores = List.copyOf(scores);
      String where = "group " + String.join(" + ", layers) + ": ";
      require(!layers.isEmpty(), "a group has no layers");
      require(channels > 0, where + "it has " + channels + " channels");
      require(
          cut.size() < channels,
          where + "it has " + channels + " channels, and " + cut.size() + " are cut");
      for (int i = 0; i < cut.size(); i++) {
        int c = cut.get(i);
        require(
            c >= 0 && c < channels,
            where + "channel " + c + " is cut, and there are " + channels + ", from 0");
        require(
            i == 0 || cut.get(i - 1) < c,
            where + "channel " + c + " is cut twice, or the list does not ascend");
      }
      require(
          cut.size() == scores.size(),
          where + cut.size() + " channels are cut, and " + scores.size() + " have scores");
      for (double score : scores) {
        require(Double.isFinite(score), where + "a score is " + score);
      }
      require(Double.isFinite(lowestKeptScore), where + "a score is " + lowestKeptScore);
    }

    private static void require(boolean holds, String message) {
      if (!holds) {
        throw bad(message);
      }
    }
  }

  static PruningException bad(String message) {
    return new PruningException(Code.BAD_PLAN, message);
  }

  static PruningPlan of(
      Source source,
      String criterion,
      ChannelAnalysis analysis,
      boolean[][] kept,
      double[][] scores) {
    CostModel cost = analysis.cost();
    Size before = Size.of(cost, analysis.allKept());
    List<Group> groups = new ArrayList<>();
    for (ChannelGroup g : analysis.groups()) {
      boolean[] stays = kept[g.index()];
      List<Integer> cut = new ArrayList<>();
      List<Double> cutScores = new ArrayList<>();
      OptionalDouble lowest = OptionalDouble.empty();
      for (int c = 0; c < g.size(); c++) {
        double score = scores[g.index()][c];
        if (stays[c]) {
          lowest = OptionalDouble.of(Math.min(score, lowest.orElse(score)));
        } else {
          cut.add(c);
          cutScores.add(score);
        }
      }
      boolean[][] alone = analysis.allKept();
      alone[g.index()] = stays;
      groups.add(
          new Group(
              g.members(),
              g.size(),
              cut,
              cutScores,
              lowest.orElseThrow(),
              before.minus(Size.of(cost, alone))));
    }
    return new PruningPlan(source, criterion, before, Size.of(cost, kept), groups, analysis.kept());
  }

  /** The channels that stay, {@code [group][channel]}. */
  boolean[][] kept() {
    boolean[][] kept = new boolean[groups.size()][];
    for (int g = 0; g < kept.length; g++) {
      kept[g] = new boolean[groups.get(g).channels()];
      Arrays.fill(kept[g], true);
      for (int c : groups.get(g).cut()) {
        kept[g][c] = false;
      }
    }
    return kept;
  }

  /** The plan as readable JSON, the same text for the same plan. */
  public String toJson() {
    return PlanJson.write(this);
  }

  /**
   * Reads what {@link #toJson} wrote.
   *
   * @throws PruningException BAD_PLAN saying where the text is no plan and why
   */
  public static PruningPlan fromJson(String json) {
    return PlanReader.read(json);
  }

  /**
   * Writes the JSON form in UTF-8, beside the file first and moved over it when complete.
   *
   * @throws PruningException IO; a file that was there before is intact then
   */
  public void write(Path file) {
    PlanJson.write(this, file);
  }

  /**
   * Reads a file that {@link #write} wrote.
   *
   * @throws PruningException IO if it cannot be read, BAD_PLAN saying where it is no plan and why
   */
  public static PruningPlan read(Path file) {
    return PlanJson.read(file);
  }

  /** One line per group: layers, channels kept of before, indices cut. */
  @Override
  public String toString() {
    return groups.stream()
        .map(
            g ->
                String.format(
                    "%s: %d of %d, cut %s",
                    String.join(" + ", g.layers()),
                    g.channels() - g.cut().size(),
                    g.channels(),
                    g.cut()))
        .collect(Collectors.joining("\n", "", "\n"));
  }
}
