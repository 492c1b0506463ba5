package org.samediff.pruning.rewrite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.LeafAxis;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.ops.GradientMask;

/**
 * Puts a stop-gradient mask behind every parameter of a prunable unit.
 *
 * <p>Before: {@code conv2d(x, W)}. After: {@code conv2d(x, identity_bp(W, W, mask))}, the same for
 * bias, gamma and beta, with a constant mask of ones along the unit's axis. The constant's array is
 * written in place between steps; every consumer of the variable reads the masked one. Forward
 * values are untouched whatever the mask, so that with all masks at one outputs and gradients are
 * the original's bit for bit.
 *
 * <p>Conditions: before the first {@code fit}; SameDiff does not refresh a gradient function that
 * exists.
 */
public final class MaskPass {
  private MaskPass() {}

  /** Inserts the masks into the graph, which is changed in place; one per axis returned. */
  public static List<LeafAxis> insert(SameDiff sd, ChannelAnalysis analysis) {
    SortedSet<LeafAxis> axes = new TreeSet<>();
    analysis.groups().forEach(g -> axes.addAll(g.masked().keySet()));
    GraphView view = GraphView.of(sd);
    axes.stream().map(LeafAxis::variable).distinct().forEach(v -> insert(sd, view, v, axes));
    return new ArrayList<>(axes);
  }

  private static void insert(
      SameDiff sd, GraphView view, String variable, SortedSet<LeafAxis> axes) {
    SDVariable behind = sd.getVariable(variable);
    for (LeafAxis axis : axes) {
      if (axis.variable().equals(variable)) {
        SDVariable mask =
            sd.constant(
                ReservedNames.mask(variable, axis.axis()),
                ones(view.variable(variable).array(), axis.axis()));
        String name = ReservedNames.masked(variable, axis.axis());
        behind = GradientMask.apply(sd, name, behind, mask);
      }
    }
    for (GraphView.Op consumer : view.consumers(variable)) {
      for (int i = 0; i < consumer.inputs().size(); i++) {
        if (consumer.input(i).equals(variable)) {
          sd.replaceArgFor(i, behind, consumer.function());
        }
      }
    }
  }

  /** Ones that broadcast along one axis: {@code [C]} for the last, {@code [C, 1, 1]} for others. */
  private static INDArray ones(INDArray variable, int axis) {
    long[] shape = new long[variable.rank() - axis];
    Arrays.fill(shape, 1);
    shape[0] = variable.size(axis);
    return Nd4j.ones(variable.dataType(), shape);
  }
}
