package org.samediff.pruning.training;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
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
import org.samediff.pruning.rewrite.ReservedNames;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * The scorers of every layer of a graph: collects what their ops yield during a step and gives one
 * score per channel of each group, the mean over the group's members. Not thread safe.
 *
 * <p>What SameDiff is asked for costs it a copy of its map of all variables, for each output and at
 * each step. So what is of one kind, {@code [N, K]} or {@code [K]} for each layer, is joined into
 * one output, by a concatenation in the gradient function.
 */
public final class ScoreBook {
  private final ChannelAnalysis analysis;
  private final List<ScoreSite> sites;
  private final List<SiteScorer> scorers = new ArrayList<>();
  private final List<List<String>> forward = new ArrayList<>();
  private final List<List<String>> wanted = new ArrayList<>();
  private final Map<String, Integer> siteOfValue = new LinkedHashMap<>();
  private final int interval;
  private final List<Set<String>> turns = new ArrayList<>();
  private final Map<String, Joined> joined = new LinkedHashMap<>();
  private final Map<String, double[]> values = new HashMap<>();

  /**
   * Outputs of several layers in one.
   *
   * @param sizes number of filters of each
   */
  private record Joined(List<String> members, List<Integer> sizes) {
    /** Takes it apart: rows of all members behind each other. */
    void split(double[] whole, Map<String, double[]> values) {
      int width = sizes.stream().mapToInt(k -> k).sum();
      int rows = whole.length / width;
      int at = 0;
      for (int m = 0; m < members.size(); m++) {
        int k = sizes.get(m);
        double[] own = new double[rows * k];
        for (int n = 0; n < rows; n++) {
          System.arraycopy(whole, n * width + at, own, n * k, k);
        }
        values.put(members.get(m), own);
        at += k;
      }
    }
  }

  /**
   * Makes a scorer for each site and adds its forward ops to the graph.
   *
   * @param interval each layer is scored at every so many steps, in turns; 1 or more
   */
  public ScoreBook(
      SameDiff graph,
      ChannelAnalysis analysis,
      List<ScoreSite> sites,
      Criterion criterion,
      ScoringOptions options,
      int interval) {
    this.analysis = analysis;
    this.sites = sites;
    this.interval = interval;
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
    join(gradientFunction);
  }

  private void join(SameDiff gradientFunction) {
    turns.clear();
    joined.clear();
    for (int turn = 0; turn < interval; turn++) {
      Set<String> outputs = new LinkedHashSet<>();
      Map<Kind, List<Integer>> alike = new LinkedHashMap<>();
      for (int i = turn; i < sites.size(); i += interval) {
        for (String name : wanted.get(i)) {
          Optional<Kind> kind = Kind.of(sites.get(i), name);
          if (kind.isPresent()) {
            alike.computeIfAbsent(kind.get(), k -> new ArrayList<>()).add(i);
          } else {
            outputs.add(name);
          }
        }
      }
      for (Map.Entry<Kind, List<Integer>> e : alike.entrySet()) {
        outputs.add(join(gradientFunction, e.getKey(), e.getValue(), joined.size()));
      }
      turns.add(outputs);
    }
  }

  private String join(SameDiff gradientFunction, Kind kind, List<Integer> members, int number) {
    List<String> names = members.stream().map(i -> kind.name(sites.get(i))).toList();
    if (names.size() == 1) {
      return names.get(0);
    }
    String name = ReservedNames.joined(kind.what(), number);
    joined.put(name, new Joined(names, members.stream().map(i -> sites.get(i).filters()).toList()));
    if (!gradientFunction.hasVariable(name)) {
      gradientFunction.concat(
          name,
          kind.axis(),
          names.stream().map(gradientFunction::getVariable).toArray(SDVariable[]::new));
    }
    return name;
  }

  /**
   * Outputs that can be joined.
   *
   * @param axis that the filters lie along, the only one but the first that is longer than one
   * @param rank of the outputs
   * @param rows length of the first axis, relatively; 0 if there is no other than the filters'
   */
  private record Kind(String what, int axis, int rank, long rows) {
    static Optional<Kind> of(ScoreSite site, String output) {
      boolean plane = site.space().size() == 2;
      return Stream.of(
              new Kind("effect", 1, 2, site.rows()),
              new Kind("response", plane ? site.channelAxis() : 1, plane ? 4 : 2, site.rows()),
              new Kind("l1", 0, 1, 0),
              new Kind("l2", 0, 1, 0),
              new Kind("gamma", 0, 1, 0))
          .filter(kind -> kind.name(site).equals(output))
          .findFirst();
    }

    String name(ScoreSite site) {
      return ReservedNames.score(site.layer(), what);
    }
  }

  /** Every output that any step may want. */
  public Set<String> outputs() {
    Set<String> all = new LinkedHashSet<>();
    turns.forEach(all::addAll);
    return all;
  }

  /**
   * The outputs that this step has to yield: the layers take turns, one in {@code interval} each
   * step.
   */
  public Set<String> outputs(long step) {
    return turns.get((int) Math.floorMod(-step, (long) interval));
  }

  /** Takes a value if it is one of ours; the array is copied, SameDiff reuses it. */
  public void offer(String name, INDArray value) {
    Joined whole = joined.get(name);
    if (whole != null) {
      whole.split(flat(value), values);
    } else if (siteOfValue.containsKey(name)) {
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
