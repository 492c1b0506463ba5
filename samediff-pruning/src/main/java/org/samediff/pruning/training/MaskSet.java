package org.samediff.pruning.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;
import org.samediff.pruning.rewrite.ReservedNames;

/**
 * The masks of one graph as arrays: what the mask ops read, and what decays. Reads and writes the
 * graph's own arrays; not thread safe.
 */
public final class MaskSet {
  /** A vector of factors along one axis of a parameter. */
  private record Axis(LeafAxis leaf, INDArray parameter, INDArray mask, float[] factors) {}

  private record Position(Axis axis, int[][] indices) {}

  private final SameDiff sd;
  private final Map<LeafAxis, Axis> axes = new LinkedHashMap<>();
  private final List<List<Position>> byGroup = new ArrayList<>();
  private boolean[][] kept;

  /** The masks of a graph that {@link org.samediff.pruning.rewrite.MaskPass} has been through. */
  public MaskSet(SameDiff sd, ChannelAnalysis analysis) {
    this.sd = sd;
    kept = analysis.allKept();
    for (ChannelGroup group : analysis.groups()) {
      List<Position> positions = new ArrayList<>();
      group
          .masked()
          .forEach(
              (leaf, indices) ->
                  positions.add(new Position(axes.computeIfAbsent(leaf, this::axis), indices)));
      byGroup.add(positions);
    }
  }

  private Axis axis(LeafAxis leaf) {
    INDArray parameter = sd.getVariable(leaf.variable()).getArr();
    INDArray mask = sd.getVariable(ReservedNames.mask(leaf.variable(), leaf.axis())).getArr();
    float[] factors = new float[(int) mask.length()];
    Arrays.fill(factors, 1);
    return new Axis(leaf, parameter, mask, factors);
  }

  /** The channels that are kept, {@code [group][channel]}. Not to be modified. */
  public boolean[][] kept() {
    return kept;
  }

  /**
   * Sets the masks. Units that become redundant lose their updater state (momentum of a gradient
   * they no longer get), so that from now on they move by decay alone.
   *
   * @return the number of channels that changed sides
   */
  public int set(boolean[][] newKept) {
    int flips = 0;
    for (int g = 0; g < newKept.length; g++) {
      int changed = 0;
      boolean dies = false;
      for (int c = 0; c < newKept[g].length; c++) {
        if (newKept[g][c] != kept[g][c]) {
          changed++;
          dies |= kept[g][c];
        }
      }
      if (changed > 0) {
        flips += changed;
        update(byGroup.get(g), newKept[g], dies);
      }
    }
    kept = newKept;
    return flips;
  }

  private void update(List<Position> positions, boolean[] keptChannels, boolean dies) {
    for (Position p : positions) {
      for (int c = 0; c < keptChannels.length; c++) {
        for (int i : p.indices()[c]) {
          p.axis().factors()[i] = keptChannels[c] ? 1 : 0;
        }
      }
      INDArray mask = p.axis().mask();
      mask.assign(vector(p.axis().factors(), mask).reshape(mask.shape()));
      if (dies) {
        clearState(p.axis());
      }
    }
  }

  private void clearState(Axis axis) {
    Map<String, GradientUpdater> updaters = sd.getUpdaterMap();
    GradientUpdater<?> updater = updaters == null ? null : updaters.get(axis.leaf().variable());
    if (updater == null || updater.getState() == null) {
      return;
    }
    for (INDArray state : updater.getState().values()) {
      if (Arrays.equals(state.shape(), axis.parameter().shape())) {
        multiply(state, axis, 0);
      }
    }
  }

  /** Multiplies every redundant unit's parameters by the factor. */
  public void scaleRedundant(double factor) {
    for (Axis axis : axes.values()) {
      if (hasRedundant(axis)) {
        multiply(axis.parameter(), axis, (float) factor);
      }
    }
  }

  /** Zeroes what an array in a parameter's shape holds for redundant units. */
  public void zeroRedundant(String parameter, INDArray array) {
    for (Axis axis : axes.values()) {
      if (axis.leaf().variable().equals(parameter) && hasRedundant(axis)) {
        multiply(array, axis, 0);
      }
    }
  }

  private static boolean hasRedundant(Axis axis) {
    for (float f : axis.factors()) {
      if (f == 0) {
        return true;
      }
    }
    return false;
  }

  /** array *= 1 at kept indices, {@code redundant} at the others, along the axis. */
  private static void multiply(INDArray array, Axis axis, float redundant) {
    float[] factors = axis.factors().clone();
    for (int i = 0; i < factors.length; i++) {
      if (factors[i] == 0) {
        factors[i] = redundant;
      }
    }
    INDArray vector = vector(factors, array);
    if (array.rank() == 1) {
      array.muli(vector);
    } else {
      Nd4j.getExecutioner().exec(new BroadcastMulOp(array, vector, array, axis.leaf().axis()));
    }
  }

  private static INDArray vector(float[] values, INDArray like) {
    return Nd4j.createFromArray(values).castTo(like.dataType());
  }

  /**
   * Euclidean norm of each unit's parameters, {@code [group][channel]}, over filters, biases,
   * gammas and betas.
   */
  public double[][] unitNorms() {
    double[][] squares = new double[kept.length][];
    for (int g = 0; g < kept.length; g++) {
      squares[g] = new double[kept[g].length];
      for (Position p : byGroup.get(g)) {
        INDArray parameter = p.axis().parameter();
        int axis = p.axis().leaf().axis();
        int[] others = IntStream.range(0, parameter.rank()).filter(d -> d != axis).toArray();
        // without other axes the elements are their own norms, but for a sign that the square drops
        INDArray magnitudes = others.length == 0 ? parameter : parameter.norm2(others);
        double[] values = magnitudes.dup('c').data().asDouble();
        for (int c = 0; c < kept[g].length; c++) {
          for (int i : p.indices()[c]) {
            squares[g][c] += values[i] * values[i];
          }
        }
      }
    }
    for (double[] group : squares) {
      for (int c = 0; c < group.length; c++) {
        group[c] = Math.sqrt(group[c]);
      }
    }
    return squares;
  }
}
