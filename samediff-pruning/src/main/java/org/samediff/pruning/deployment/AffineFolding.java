package org.samediff.pruning.deployment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.FilterSite;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;

/**
 * Before: a convolution or matrix product, then batch norm, bias add, or sums and products with one
 * number per channel (what a batch norm written with primitives comes to once its constants are
 * computed). After: the convolution alone with other weights and bias, the product with at most one
 * addition behind it.
 *
 * <p>Conditions: the ops follow each other with no other reader between; weights and bias are
 * stored and read by this op alone. Source: Jacob et al., 2018, section 3.2.
 */
final class AffineFolding implements DeploymentPass {
  @Override
  public String name() {
    return "batch norm and per-channel ops folded into weights";
  }

  @Override
  public Step apply(SameDiff sd, Context context) {
    GraphView view = GraphView.of(sd);
    Map<String, long[]> shapes = new HashMap<>(context.shapes());
    view.variables()
        .forEach(v -> shapes.putAll(v.stored() ? Map.of(v.name(), v.shape()) : Map.of()));
    Map<String, FilterSite> sites =
        ChannelAnalysis.of(view, shapes, context.batch(), context.outputs()).sites();
    Rewrite rewrite = new Rewrite();
    for (GraphView.Op op : view.ops()) {
      long[] shape = shapes.get(op.output());
      if (shape != null) {
        LinearLayer.of(view, op, sites, shape)
            .ifPresent(layer -> rewrite.fold(view, layer, chain(view, layer, shapes, context)));
      }
    }
    return rewrite.dropped.isEmpty()
        ? new Step(sd, 0)
        : new Step(rewrite.apply(sd), rewrite.dropped.size());
  }

  private record Link(GraphView.Op op, Affine affine) {}

  private static List<Link> chain(
      GraphView view, LinearLayer layer, Map<String, long[]> shapes, Context context) {
    List<Link> chain = new ArrayList<>();
    String at = layer.op().output();
    long[] shape = shapes.get(at);
    while (!context.outputs().contains(at) && view.consumers(at).size() == 1) {
      GraphView.Op next = view.consumers(at).get(0);
      Optional<Affine> affine =
          Arrays.equals(shapes.get(next.output()), shape) && next.outputs().size() == 1
              ? Affine.of(view, next, at, shape, layer.channelAxis())
              : Optional.empty();
      if (affine.isEmpty()) {
        break;
      }
      chain.add(new Link(next, affine.get()));
      at = next.output();
    }
    return chain;
  }

  /** What changes in the copy. */
  private static final class Rewrite {
    final Set<String> dropped = new HashSet<>();
    private final Set<String> gone = new HashSet<>();
    private final Map<String, INDArray> replaced = new HashMap<>();
    private final Map<String, INDArray> added = new HashMap<>();
    private final Map<String, INDArray> shifts = new HashMap<>();
    private final Map<String, List<String>> reading = new HashMap<>();
    private final Map<String, String> writing = new HashMap<>();

    void fold(GraphView view, LinearLayer layer, List<Link> chain) {
      boolean alreadyPlain =
          !layer.takesBias() && chain.size() == 1 && !chain.get(0).affine().scales();
      if (chain.isEmpty() || alreadyPlain) {
        return;
      }
      INDArray weights = view.variable(layer.weights()).array();
      int channels = chain.get(0).affine().scale().length;
      Affine whole = Affine.identity(channels);
      if (layer.bias().isPresent()) {
        double[] bias = Affine.doubles(view.variable(layer.bias().get()).array());
        whole = new Affine(whole.scale(), bias);
      }
      String at = layer.op().output();
      gone.add(at);
      for (Link link : chain) {
        whole = whole.then(link.affine());
        dropped.add(link.op().name());
        at = link.op().output();
        gone.add(at);
      }
      gone.remove(at);
      writing.put(layer.op().output(), at);
      if (whole.scales()) {
        replaced.put(layer.weights(), layer.scaled(weights, whole.scale()));
      }
      INDArray shift = Nd4j.createFromArray(whole.shift()).castTo(weights.dataType());
      if (layer.bias().isPresent()) {
        replaced.put(layer.bias().get(), shift);
      } else if (whole.shifts() && layer.takesBias()) {
        String name = at + "/bias";
        added.put(name, shift);
        List<String> inputs = new ArrayList<>(layer.op().inputs());
        inputs.add(name);
        reading.put(layer.op().name(), inputs);
      } else if (whole.shifts()) {
        shifts.put(at, shift);
      }
    }

    SameDiff apply(SameDiff sd) {
      return GraphCopy.from(sd)
          .dropping(dropped::contains, gone::contains)
          .arrays((name, a) -> replaced.getOrDefault(name, a))
          .adding(added)
          .reading(reading)
          .writing(writing)
          .shifting(shifts)
          .build();
    }
  }
}
