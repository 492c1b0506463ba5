package org.samediff.pruning.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.ops.GradientMask;

/**
 * Puts a stop-gradient mask behind every parameter of a prunable unit.
 *
 * <p>Before: {@code conv2d(x, W)}, {@code batchnorm(.., gamma, beta)}. After: {@code W', gamma',
 * beta' = identity_n(W, gamma, beta, mask, mask, mask)} and {@code conv2d(x, W')}, {@code
 * batchnorm(.., gamma', beta')}: one op per channel group, and constant masks of ones along the
 * units' axes, shared by parameters that the units lie in alike. The masks' arrays are written in
 * place between steps; every consumer of a parameter reads the masked one. Forward values are
 * untouched whatever the mask, so that with all masks at one outputs and gradients are the
 * original's bit for bit.
 *
 * <p>Conditions: before the first {@code fit}; SameDiff does not refresh a gradient function that
 * exists.
 */
public final class MaskPass {
  private final SameDiff sd;
  private final ChannelAnalysis analysis;
  private final GraphView view;

  /** What stands for a parameter behind the masks it has so far. */
  private final Map<String, SDVariable> behind = new LinkedHashMap<>();

  private final Map<LeafAxis, String> maskOf = new LinkedHashMap<>();

  private MaskPass(SameDiff sd, ChannelAnalysis analysis) {
    this.sd = sd;
    this.analysis = analysis;
    view = GraphView.of(sd);
  }

  /**
   * Inserts the masks into the graph, which is changed in place.
   *
   * @return for each axis of each parameter of a unit the name of its mask
   */
  public static Map<LeafAxis, String> insert(SameDiff sd, ChannelAnalysis analysis) {
    MaskPass pass = new MaskPass(sd, analysis);
    analysis.groups().forEach(pass::mask);
    pass.redirectConsumers();
    return pass.maskOf;
  }

  /** One op for the group; one more for each further axis of a parameter, which is rare. */
  private void mask(ChannelGroup group) {
    List<LeafAxis> open =
        new ArrayList<>(
            group.masked().keySet().stream().filter(a -> !maskOf.containsKey(a)).toList());
    while (!open.isEmpty()) {
      Map<String, LeafAxis> oneEach = new LinkedHashMap<>();
      open.forEach(axis -> oneEach.putIfAbsent(axis.variable(), axis));
      insertOp(group, List.copyOf(oneEach.values()));
      open.removeAll(oneEach.values());
    }
  }

  private void insertOp(ChannelGroup group, List<LeafAxis> axes) {
    Map<String, String> nameByLayout = new HashMap<>();
    List<SDVariable> parameters = new ArrayList<>();
    List<SDVariable> masks = new ArrayList<>();
    for (LeafAxis axis : axes) {
      String mask = nameByLayout.computeIfAbsent(layout(axis), l -> addMask(group, axis));
      maskOf.put(axis, mask);
      parameters.add(behind.getOrDefault(axis.variable(), sd.getVariable(axis.variable())));
      masks.add(sd.getVariable(mask));
    }
    SDVariable[] outputs = GradientMask.apply(sd, parameters, masks);
    for (int i = 0; i < axes.size(); i++) {
      LeafAxis axis = axes.get(i);
      String masked = ReservedNames.masked(axis.variable(), axis.axis());
      behind.put(axis.variable(), sd.updateVariableNameAndReference(outputs[i], masked));
    }
    List<String> distinct = masks.stream().map(SDVariable::name).distinct().toList();
    for (int i = 0; i < distinct.size(); i++) {
      sd.updateVariableNameAndReference(outputs[axes.size() + i], distinct.get(i) + "/out");
    }
  }

  /** Equal for axes whose masks have the same shape and always the same values. */
  private String layout(LeafAxis axis) {
    StringBuilder text = new StringBuilder(Arrays.toString(maskShape(axis)));
    for (ChannelGroup g : analysis.groups()) {
      int[][] indices = g.masked().get(axis);
      if (indices != null) {
        text.append(g.index()).append(Arrays.deepToString(indices));
      }
    }
    return text.toString();
  }

  /**
   * A shape that broadcasts along one axis: {@code [C]} for the last, {@code [C, 1, 1]} for others.
   */
  private long[] maskShape(LeafAxis axis) {
    INDArray array = view.variable(axis.variable()).array();
    long[] shape = new long[array.rank() - axis.axis()];
    Arrays.fill(shape, 1);
    shape[0] = array.size(axis.axis());
    return shape;
  }

  private String addMask(ChannelGroup group, LeafAxis axis) {
    String name = ReservedNames.mask(group.name(), 0);
    for (int i = 1; sd.hasVariable(name); i++) {
      name = ReservedNames.mask(group.name(), i);
    }
    sd.constant(name, Nd4j.ones(view.variable(axis.variable()).dtype(), maskShape(axis)));
    return name;
  }

  private void redirectConsumers() {
    behind.forEach(
        (variable, masked) -> {
          for (GraphView.Op consumer : view.consumers(variable)) {
            for (int i = 0; i < consumer.inputs().size(); i++) {
              if (consumer.input(i).equals(variable)) {
                sd.replaceArgFor(i, masked, consumer.function());
              }
            }
          }
        });
  }
}
