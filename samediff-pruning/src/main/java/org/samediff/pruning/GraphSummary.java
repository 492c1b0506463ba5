package org.samediff.pruning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.channels.OpWork;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;

/**
 * What a graph is made of and what of it can be cut, before any pruning.
 *
 * @param layers ops with parameters of their own, in topological order
 * @param groups what can only be cut together
 * @param kept layers with filters that are never cut, with the reason
 * @param filters of the whole graph, units of dense layers among them if those may be cut
 * @param parameters trainable parameters of the whole graph
 * @param macs multiply-accumulates for one example, convolutions and matrix products
 */
public record GraphSummary(
    List<Layer> layers,
    List<Group> groups,
    SortedMap<String, String> kept,
    long filters,
    long parameters,
    long macs) {
  private static final int PROBE_BATCH = 3;
  private static final long SEED = 42;

  /**
   * An op with parameters of its own.
   *
   * @param name of its output
   * @param type ND4J's name of the op
   * @param weights shape of its first parameter
   * @param parameters trainable ones
   * @param macs multiply-accumulates for one example
   * @param groups numbers of the groups that its filters lie in
   */
  public record Layer(
      String name,
      String type,
      List<Long> weights,
      long parameters,
      long macs,
      List<Integer> groups) {}

  /**
   * Channels that can only be cut in all of these layers at once, one by one.
   *
   * @param number from 0
   * @param channels that it has
   * @param members layers whose filters they are
   * @param arrays that become shorter with each channel, as {@code name[axis]}
   */
  public record Group(int number, int channels, List<String> members, List<String> arrays) {}

  /**
   * Reads a graph, which stays as it is; it needs neither loss nor TrainingConfig.
   *
   * @param exampleInputs an array for each placeholder, for the shapes; empty to have them
   *     generated
   * @throws PruningException ALREADY_PRUNED, DAMAGED_GRAPH, NON_FINITE, or BAD_OPTION for a
   *     placeholder that leaves more than its first axis open
   */
  public static GraphSummary of(SameDiff sd, Map<String, INDArray> exampleInputs) {
    return of(sd, exampleInputs, CutScope.FILTERS);
  }

  /**
   * The same with other layers ignored, or units of dense layers cut.
   *
   * @param scope what may be cut
   */
  public static GraphSummary of(SameDiff sd, Map<String, INDArray> exampleInputs, CutScope scope) {
    GraphChecks.require(sd);
    GraphView view = GraphView.of(sd);
    TrainingConfig training = sd.getTrainingConfig();
    List<String> labels =
        training == null || training.getDataSetLabelMapping() == null
            ? List.of()
            : training.getDataSetLabelMapping();
    Map<String, INDArray> inputs =
        exampleInputs.isEmpty() ? Probe.inputs(sd, PROBE_BATCH, SEED, labels) : exampleInputs;
    ChannelAnalysis analysis =
        ChannelAnalysis.of(
            view,
            Probe.shapes(sd, inputs),
            PruningTransform.batch(inputs),
            GraphChecks.outputs(sd, view),
            scope);
    return new GraphSummary(
        layers(view, analysis),
        analysis.groups().stream().map(GraphSummary::group).toList(),
        new TreeMap<>(analysis.kept()),
        analysis.cost().total(Measure.FILTERS),
        analysis.cost().total(Measure.PARAMETERS),
        analysis.cost().total(Measure.MACS));
  }

  private static Group group(ChannelGroup g) {
    return new Group(
        g.index(), g.size(), g.members(), g.cut().keySet().stream().map(Object::toString).toList());
  }

  private static List<Layer> layers(GraphView view, ChannelAnalysis analysis) {
    List<Layer> layers = new ArrayList<>();
    boolean[][] all = analysis.allKept();
    Map<String, GraphView.Op> ops =
        view.ops().stream().collect(Collectors.toMap(GraphView.Op::name, op -> op));
    for (OpWork work : analysis.work()) {
      GraphView.Op op = ops.get(work.op());
      List<GraphView.Var> parameters =
          op.inputs().stream().map(view::variable).filter(GraphView.Var::trainable).toList();
      if (parameters.isEmpty()) {
        continue;
      }
      layers.add(
          new Layer(
              op.output(),
              op.type(),
              Arrays.stream(parameters.get(0).shape()).boxed().toList(),
              parameters.stream().mapToLong(v -> v.array().length()).sum(),
              Math.round(work.products(all)),
              analysis.groups().stream()
                  .filter(g -> g.members().contains(op.output()))
                  .map(ChannelGroup::index)
                  .toList()));
    }
    return layers;
  }

  /** Layers as a table, groups as a tree, what is kept, and totals. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    int name = layers.stream().mapToInt(l -> l.name().length()).max().orElse(0);
    int type = layers.stream().mapToInt(l -> l.type().length()).max().orElse(0);
    text.append("layers\n");
    for (Layer l : layers) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %-"
                  + Math.max(1, name)
                  + "s  %-"
                  + Math.max(1, type)
                  + "s  %-18s %,13d parameters %,16d MACs  %s%n",
              l.name(),
              l.type(),
              l.weights().stream().map(String::valueOf).collect(Collectors.joining("x")),
              l.parameters(),
              l.macs(),
              l.groups().isEmpty()
                  ? ""
                  : "group "
                      + l.groups().stream()
                          .map(String::valueOf)
                          .collect(Collectors.joining(", "))));
    }
    text.append("groups, cut together channel by channel\n");
    for (Group g : groups) {
      text.append(
          String.format(
              Locale.ROOT,
              "  group %d: %d channels%n    filters of %s%n    shorter  %s%n",
              g.number(),
              g.channels(),
              String.join(", ", g.members()),
              String.join(", ", g.arrays())));
    }
    if (!kept.isEmpty()) {
      text.append("kept\n");
      kept.forEach(
          (layer, why) -> text.append("  ").append(layer).append(": ").append(why).append('\n'));
    }
    return text.append(
            String.format(
                Locale.ROOT,
                "total: %,d filters, %,d parameters, %,d MACs%n",
                filters,
                parameters,
                macs))
        .toString();
  }
}
