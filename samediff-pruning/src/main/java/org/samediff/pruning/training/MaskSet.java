package org.samediff.pruning.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.GradientUpdater;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;

/**
 * The masks of one graph as arrays: what the mask ops read, and what decays. Reads and writes the
 * graph's own arrays; not thread safe.
 */
public final class MaskSet {
  /** One mask: which indices along its axis are redundant, and what that makes of parameters. */
  private static final class Mask {
    private final INDArray array;

    /** 1 for kept indices, 0 for redundant ones; the array's values. */
    final float[] factors;

    boolean anyRedundant;

    /** The array as a vector: zeroes what is redundant. */
    private final INDArray zeroing;

    private double decay = Double.NaN;
    private INDArray decaying;

    Mask(INDArray array) {
      this.array = array;
      factors = new float[(int) array.length()];
      Arrays.fill(factors, 1);
      zeroing = array.reshape(array.length());
    }

    /** Writes the factors to the array. */
    void publish() {
      array.assign(vector(0).reshape(array.shape()));
      anyRedundant = false;
      for (float f : factors) {
        anyRedundant |= f == 0;
      }
      decay = Double.NaN;
    }

    /** 1 at kept indices, {@code redundant} at the others. */
    private INDArray vector(double redundant) {
      double[] values = new double[factors.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = factors[i] == 0 ? redundant : 1;
      }
      return Nd4j.createFromArray(values).castTo(array.dataType());
    }

    /** The factor at redundant indices; kept until factor or mask changes. */
    INDArray decaying(double factor) {
      if (decay != factor) {
        decay = factor;
        decaying = vector(factor);
      }
      return decaying;
    }
  }

  /** One axis of a parameter and its mask, which other parameters may share. */
  private record Axis(LeafAxis leaf, INDArray parameter, Mask mask) {
    void zeroRedundant(INDArray array) {
      multiply(array, mask.zeroing);
    }

    /** parameter *= factor at redundant indices. */
    void scaleRedundant(double factor) {
      multiply(parameter, mask.decaying(factor));
    }

    private void multiply(INDArray array, INDArray vector) {
      if (array.rank() == 1) {
        array.muli(vector);
      } else {
        Nd4j.getExecutioner().exec(new BroadcastMulOp(array, vector, array, leaf.axis()));
      }
    }
  }

  private record Position(Axis axis, int[][] indices) {}

  private final SameDiff sd;
  private final Map<LeafAxis, Axis> axes = new LinkedHashMap<>();
  private final Map<String, Mask> masks = new HashMap<>();
  private final Map<String, List<Axis>> axesOf = new HashMap<>();
  private final List<List<Position>> byGroup = new ArrayList<>();
  private boolean[][] kept;

  /**
   * The masks of a graph.
   *
   * @param maskOf what {@link org.samediff.pruning.rewrite.MaskPass} returned
   */
  public MaskSet(SameDiff sd, ChannelAnalysis analysis, Map<LeafAxis, String> maskOf) {
    this.sd = sd;
    kept = analysis.allKept();
    for (ChannelGroup group : analysis.groups()) {
      List<Position> positions = new ArrayList<>();
      group
          .masked()
          .forEach(
              (leaf, indices) ->
                  positions.add(
                      new Position(
                          axes.computeIfAbsent(leaf, l -> axis(l, maskOf.get(l))), indices)));
      byGroup.add(positions);
    }
    axes.forEach(
        (leaf, axis) -> axesOf.computeIfAbsent(leaf.variable(), v -> new ArrayList<>()).add(axis));
  }

  private Axis axis(LeafAxis leaf, String mask) {
    return new Axis(
        leaf,
        sd.getVariable(leaf.variable()).getArr(),
        masks.computeIfAbsent(mask, m -> new Mask(sd.getVariable(m).getArr())));
  }

  /** True for the graph whose arrays these are. */
  boolean isOf(SameDiff graph) {
    return graph == sd;
  }

  TrainingConfig trainingConfig() {
    return sd.getTrainingConfig();
  }

  /** The channels that are kept, {@code [group][channel]}. Not to be modified. */
  public boolean[][] kept() {
    return kept;
  }

  /**
   * Sets the masks, all of them or, if one cannot be set, none. Units that become redundant lose
   * their updater state (momentum of a gradient they no longer get), so that from now on they move
   * by decay alone.
   *
   * @return the number of channels that changed sides
   */
  public int set(boolean[][] newKept) {
    int flips = 0;
    List<Position> dying = new ArrayList<>();
    boolean whole = false;
    try {
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
          update(byGroup.get(g), newKept[g]);
        }
        if (dies) {
          dying.addAll(byGroup.get(g));
        }
      }
      whole = true;
    } finally {
      for (int g = 0; !whole && g < kept.length; g++) {
        update(byGroup.get(g), kept[g]);
      }
    }
    kept = newKept;
    dying.forEach(p -> clearState(p.axis()));
    return flips;
  }

  private static void update(List<Position> positions, boolean[] keptChannels) {
    Set<Mask> changed = new LinkedHashSet<>();
    for (Position p : positions) {
      if (changed.add(p.axis().mask())) {
        float[] factors = p.axis().mask().factors;
        for (int c = 0; c < keptChannels.length; c++) {
          for (int i : p.indices()[c]) {
            factors[i] = keptChannels[c] ? 1 : 0;
          }
        }
      }
    }
    changed.forEach(Mask::publish);
  }

  private void clearState(Axis axis) {
    Map<String, GradientUpdater> updaters = sd.getUpdaterMap();
    GradientUpdater<?> updater = updaters == null ? null : updaters.get(axis.leaf().variable());
    if (updater == null || updater.getState() == null) {
      return;
    }
    for (INDArray state : updater.getState().values()) {
      if (Arrays.equals(state.shape(), axis.parameter().shape())) {
        axis.zeroRedundant(state);
      }
    }
  }

  /** Multiplies every redundant unit's parameters by the factor. */
  public void scaleRedundant(double factor) {
    for (Axis axis : axes.values()) {
      if (axis.mask().anyRedundant) {
        axis.scaleRedundant(factor);
      }
    }
  }

  /** Zeroes what an array in a parameter's shape holds for redundant units. */
  public void zeroRedundant(String parameter, INDArray array) {
    for (Axis axis : axesOf.getOrDefault(parameter, List.of())) {
      if (axis.mask().anyRedundant) {
        axis.zeroRedundant(array);
      }
    }
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
        INDArray parameter = p.axis().parameter;
        int axis = p.axis().leaf.axis();
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
