package org.samediff.pruning.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.samediff.pruning.channels.Activations;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.FilterSite;
import org.samediff.pruning.graph.GraphView;

/**
 * Where the filters of one layer are scored, a convolution or a dense layer.
 *
 * @param group index of the channel group the filters belong to
 * @param member position among the group's members
 * @param layer name of the layer's output
 * @param weights the variable the layer reads, before any mask
 * @param filterAxis axis of the weights that the filters lie along
 * @param map the layer's map behind bias, batch norm and first activation, where it is still this
 *     layer's alone
 * @param channelAxis axis of the map that the channels lie along
 * @param gamma the batch norm's scale on the way from layer to map, if there is one
 * @param space lengths of the map's spatial axes; none behind a dense layer
 * @param filters number of filters
 */
public record ScoreSite(
    int group,
    int member,
    String layer,
    String weights,
    int filterAxis,
    String map,
    int channelAxis,
    Optional<String> gamma,
    List<Integer> space,
    int filters) {

  private static final Set<String> AFFINE =
      Set.of("add", "subtract", "multiply", "divide", "realdiv");

  /** The spatial axes of the map. */
  public int[] spatialAxes() {
    return IntStream.rangeClosed(1, space.size() + 1).filter(d -> d != channelAxis).toArray();
  }

  /** One site for each member of each group, in order. */
  public static List<ScoreSite> of(
      GraphView view, Map<String, long[]> shapes, ChannelAnalysis analysis) {
    List<ScoreSite> sites = new ArrayList<>();
    for (ChannelGroup group : analysis.groups()) {
      for (int m = 0; m < group.members().size(); m++) {
        GraphView.Op layer = view.producer(group.members().get(m)).orElseThrow();
        FilterSite at = analysis.sites().get(layer.output());
        sites.add(new Walk(view, shapes, layer, at).site(group.index(), m));
      }
    }
    return sites;
  }

  /** Follows a layer's output as long as it is this layer's alone. */
  private static final class Walk {
    private final GraphView view;
    private final Map<String, long[]> shapes;
    private final GraphView.Op layer;
    private final FilterSite at;
    private final int channelAxis;
    private final long[] shape;
    private Optional<String> gamma = Optional.empty();

    Walk(GraphView view, Map<String, long[]> shapes, GraphView.Op layer, FilterSite at) {
      this.view = view;
      this.shapes = shapes;
      this.layer = layer;
      this.at = at;
      channelAxis = at.channelAxis();
      shape = shapes.get(layer.output());
    }

    ScoreSite site(int group, int member) {
      String map = layer.output();
      for (Optional<GraphView.Op> next = next(map); next.isPresent(); next = next(map)) {
        noteGamma(next.get(), map);
        map = next.get().output();
        if (Activations.ZERO_PRESERVING.contains(next.get().type())) {
          break;
        }
      }
      List<Integer> space = new ArrayList<>();
      for (int d = 1; d < shape.length; d++) {
        if (d != channelAxis) {
          space.add((int) shape[d]);
        }
      }
      return new ScoreSite(
          group,
          member,
          layer.output(),
          at.weights(),
          at.filterAxis(),
          map,
          channelAxis,
          gamma,
          List.copyOf(space),
          (int) shape[channelAxis]);
    }

    /**
     * The one op that turns the map into the next of the same shape, if it touches nothing else.
     */
    private Optional<GraphView.Op> next(String map) {
      List<GraphView.Op> same =
          view.consumers(map).stream()
              .filter(op -> Arrays.equals(shapes.get(op.output()), shape))
              .toList();
      boolean others =
          view.consumers(map).stream().anyMatch(op -> !same.contains(op) && !isStatistic(op));
      if (same.size() != 1 || others || !staysInLayer(same.get(0), map)) {
        return Optional.empty();
      }
      return Optional.of(same.get(0));
    }

    /** Batch statistics: what a decomposed batch norm reads its own input for. */
    private boolean isStatistic(GraphView.Op op) {
      return op.type().equals("moments")
          || op.type().startsWith("reduce_")
          || op.type().equals("var")
          || op.type().equals("std")
          || ReservedNames.isOurs(op.output());
    }

    private boolean staysInLayer(GraphView.Op op, String map) {
      if (op.type().equals("batchnorm") || op.type().equals("biasadd")) {
        return op.input(0).equals(map);
      }
      if (Activations.ZERO_PRESERVING.contains(op.type())) {
        return true;
      }
      return AFFINE.contains(op.type())
          && op.inputs().size() == 2
          && LongStream.of(shapes.get(other(op, map))).reduce(1, (a, b) -> a * b)
              <= shape[channelAxis];
    }

    private static String other(GraphView.Op op, String map) {
      return op.input(0).equals(map) ? op.input(1) : op.input(0);
    }

    private void noteGamma(GraphView.Op op, String map) {
      if (op.type().equals("batchnorm") && op.inputs().size() > 3) {
        gamma = Optional.of(op.input(3)).filter(v -> view.variable(v).trainable());
      } else if (op.type().equals("multiply")) {
        gamma = scale(other(op, map), 2);
      }
    }

    /** The trainable vector that a scale is, or is a product with. */
    private Optional<String> scale(String variable, int depth) {
      GraphView.Var v = view.variable(variable);
      if (v.trainable() && v.array().length() == shape[channelAxis]) {
        return Optional.of(variable);
      }
      if (depth == 0) {
        return Optional.empty();
      }
      return view.producer(variable).stream()
          .filter(op -> op.type().equals("multiply") || op.type().equals("reshape"))
          .flatMap(op -> op.inputs().stream())
          .flatMap(in -> scale(in, depth - 1).stream())
          .findFirst();
    }
  }
}
