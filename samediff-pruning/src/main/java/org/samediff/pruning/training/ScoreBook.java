package org.samediff.pruning.training;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.importance.ScoringOptions;
import org.samediff.pruning.importance.SiteScorer;
import org.samediff.pruning.importance.StepLabels;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * The scorers of every layer of a graph: collects what their ops yield during a step and gives one
 * score per channel of each group, the mean over the group's members. Not thread safe.
 */
public final class ScoreBook {
  private final ChannelAnalysis analysis;
  private final List<ScoreSite> sites;
  private final List<SiteScorer> scorers = new ArrayList<>();
  private final List<List<String>> forward = new ArrayList<>();
  private final List<List<String>> wanted = new ArrayList<>();
  private final Map<String, Integer> siteOfValue = new LinkedHashMap<>();
  private final Map<String, double[]> values = new HashMap<>();

  /** Makes a scorer for each site and adds its forward ops to the graph. */
  public ScoreBook(
      SameDiff graph,
      ChannelAnalysis analysis,
      List<ScoreSite> sites,
      Criterion criterion,
      ScoringOptions options) {
    this.analysis = analysis;
    this.sites = sites;
    for (ScoreSite site : sites) {
      SiteScorer scorer = criterion.at(site, options);
      scorers.add(scorer);
      forward.add(scorer.addForward(graph));
    }
  }

  /** Adds what needs gradients to the gradient function. */
  public void connect(SameDiff gradientFunction) {
    wanted.clear();
    siteOfValue.clear();
    for (int i = 0; i < scorers.size(); i++) {
      List<String> names = new ArrayList<>(forward.get(i));
      names.addAll(scorers.get(i).addBackward(gradientFunction));
      wanted.add(List.copyOf(names));
      for (String name : names) {
        siteOfValue.put(name, i);
      }
    }
  }

  /** Every output that any step may want. */
  public Set<String> outputs() {
    return Collections.unmodifiableSet(siteOfValue.keySet());
  }

  /**
   * The outputs that this step has to yield: the layers take turns, one in {@code interval} each
   * step.
   */
  public List<String> outputs(long step, int interval) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      if ((i + step) % interval == 0) {
        names.addAll(wanted.get(i));
      }
    }
    return names;
  }

  /** Takes a value if it is one of ours; the array is copied, SameDiff reuses it. */
  public void offer(String name, INDArray value) {
    if (siteOfValue.containsKey(name)) {
      values.put(name, flat(value));
    }
  }

  /**
   * Ends a step: scorers whose values have come take them in.
   *
   * @throws PruningException NON_FINITE, before any scorer has changed
   */
  public void step(@Nullable StepLabels labels, int iteration) {
    for (Map.Entry<String, double[]> e : values.entrySet()) {
      for (double v : e.getValue()) {
        if (Double.isNaN(v) || Double.isInfinite(v)) {
          values.clear();
          String layer = sites.get(siteOfValue.get(e.getKey())).layer();
          throw PruningException.nonFinite("layer", layer, "its scores", iteration);
        }
      }
    }
    for (int i = 0; i < scorers.size(); i++) {
      if (values.keySet().containsAll(wanted.get(i))) {
        scorers.get(i).step(values, labels);
      }
    }
    values.clear();
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
    values.clear();
  }

  private static double[] flat(INDArray value) {
    INDArray a =
        value.ordering() == 'c' && !value.isView() && value.data().length() == value.length()
            ? value
            : value.dup('c');
    if (a.dataType() != DataType.FLOAT) {
      return a.data().asDouble();
    }
    FloatBuffer buffer = a.data().asNioFloat();
    double[] result = new double[(int) a.length()];
    for (int i = 0; i < result.length; i++) {
      result[i] = buffer.get(i);
    }
    return result;
  }
}
