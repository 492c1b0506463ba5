package org.samediff.pruning.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.importance.MapSums;
import org.samediff.pruning.importance.Observation;
import org.samediff.pruning.importance.ScoringOptions;
import org.samediff.pruning.importance.SiteScorer;
import org.samediff.pruning.importance.StepLabels;
import org.samediff.pruning.rewrite.MapTap;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * The scorers of every layer of a graph: shows them what a step yields and gives one score per
 * channel of each group, the mean over the group's members. Not thread safe.
 */
public final class ScoreBook {
  private final SameDiff graph;
  private final ChannelAnalysis analysis;
  private final List<ScoreSite> sites;
  private final List<SiteScorer> scorers;
  private final int interval;

  /** What has to be run for each turn's taps; empty where none is needed. */
  private final List<Optional<String>> outputs = new ArrayList<>();

  private final Map<String, Integer> siteOfTap = new HashMap<>();
  private final MapSums[] sums;

  /**
   * Makes a scorer for each site.
   *
   * @param graph whose parameters are scored; it is not changed
   * @param interval each layer is scored at every so many steps, in turns; 1 or more
   */
  public ScoreBook(
      SameDiff graph,
      ChannelAnalysis analysis,
      List<ScoreSite> sites,
      Criterion criterion,
      ScoringOptions options,
      int interval) {
    this.graph = graph;
    this.analysis = analysis;
    this.sites = sites;
    this.interval = interval;
    scorers = sites.stream().map(site -> criterion.at(site, options)).toList();
    sums = new MapSums[sites.size()];
  }

  /** Taps the maps that scorers read. */
  public void connect(SameDiff gradientFunction) {
    siteOfTap.clear();
    outputs.clear();
    for (int turn = 0; turn < interval; turn++) {
      List<String> taps = new ArrayList<>();
      for (int i = turn; i < sites.size(); i += interval) {
        if (scorers.get(i).readsMap()) {
          String tap = MapTap.insert(gradientFunction, sites.get(i));
          siteOfTap.put(tap, i);
          taps.add(tap);
        }
      }
      outputs.add(
          taps.isEmpty()
              ? Optional.empty()
              : Optional.of(MapTap.output(gradientFunction, taps, turn)));
    }
  }

  /** Every output that any step may want. */
  public Set<String> outputs() {
    return outputs.stream().flatMap(Optional::stream).collect(Collectors.toSet());
  }

  /** The output that this step has to yield, if any. */
  public Optional<String> output(long step) {
    return outputs.get(turn(step));
  }

  /** The layers take turns, one in {@code interval} each step. */
  private int turn(long step) {
    return (int) Math.floorMod(-step, (long) interval);
  }

  /** Looks at a map and its gradient if this op is a tap: SameDiff reuses both arrays. */
  public void executed(SameDiffOp op, OpContext context) {
    Integer site = siteOfTap.get(op.getOutputsOfOp().get(0));
    if (site != null) {
      sums[site] =
          MapSums.of(
              context.getInputArray(0), context.getInputArray(1), sites.get(site).channelAxis());
    }
  }

  /**
   * Ends a step: the scorers whose turn it is, and whose maps were seen, take it in.
   *
   * @throws PruningException NON_FINITE; where a map says so before any scorer has changed
   */
  public void step(long step, @Nullable StepLabels labels, int iteration) {
    try {
      for (int i = 0; i < sums.length; i++) {
        if (sums[i] != null && !sums[i].finite()) {
          throw PruningException.nonFinite("layer", sites.get(i).layer(), "its scores", iteration);
        }
      }
      for (int i = turn(step); i < scorers.size(); i += interval) {
        if (sums[i] != null || !scorers.get(i).readsMap()) {
          scorers.get(i).step(new Observation(iteration, this::parameter, sums[i], labels));
        }
      }
    } finally {
      Arrays.fill(sums, null);
    }
  }

  private INDArray parameter(String name) {
    return graph.getVariable(name).getArr();
  }

  /** Score of each channel, {@code [group][channel]}. */
  public double[][] scores() {
    double[][] scores = new double[analysis.groups().size()][];
    for (ChannelGroup g : analysis.groups()) {
      scores[g.index()] = new double[g.size()];
    }
    for (int i = 0; i < sites.size(); i++) {
      ScoreSite site = sites.get(i);
      ChannelGroup group = analysis.groups().get(site.group());
      double[] byFilter = scorers.get(i).score();
      int[][] filters = group.filters().get(site.member());
      for (int c = 0; c < filters.length; c++) {
        double sum = 0;
        for (int f : filters[c]) {
          sum += byFilter[f];
        }
        if (filters[c].length > 0) {
          scores[group.index()][c] += sum / filters[c].length / group.members().size();
        }
      }
    }
    return scores;
  }

  /** What every scorer has gathered, under {@code <layer>/<name>}. */
  Map<String, double[]> state() {
    Map<String, double[]> state = new LinkedHashMap<>();
    for (int i = 0; i < sites.size(); i++) {
      String prefix = sites.get(i).layer() + "/";
      scorers.get(i).state().forEach((name, numbers) -> state.put(prefix + name, numbers));
    }
    return state;
  }

  /** Takes on what {@link #state} gave. */
  void restore(Map<String, double[]> state) {
    for (int i = 0; i < sites.size(); i++) {
      String prefix = sites.get(i).layer() + "/";
      Map<String, double[]> own = new HashMap<>();
      for (String name : scorers.get(i).state().keySet()) {
        double[] numbers = state.get(prefix + name);
        if (numbers == null) {
          throw new PruningException(
              PruningException.Code.CHECKPOINT_MISMATCH,
              "the checkpoint has no \"" + name + "\" of layer " + prefix);
        }
        own.put(name, numbers);
      }
      scorers.get(i).restore(own);
    }
  }
}
