package org.samediff.pruning.testing;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;

/** Reads the parameters of units element by element: slow, and unlike the library's own way. */
public final class Units {
  private final List<ChannelGroup> groups;

  public Units(List<ChannelGroup> groups) {
    this.groups = groups;
  }

  /** Takes the values of one unit out of arrays in the parameters' shapes. */
  public Map<String, double[]> of(Map<String, INDArray> arrays, int group, int channel) {
    Map<String, double[]> result = new LinkedHashMap<>();
    for (Map.Entry<LeafAxis, int[][]> e : groups.get(group).masked().entrySet()) {
      INDArray array = arrays.get(e.getKey().variable());
      if (array != null) {
        result.put(e.getKey().toString(), slice(array, e.getKey().axis(), e.getValue()[channel]));
      }
    }
    return result;
  }

  private static long inner(INDArray array, int axis) {
    long inner = 1;
    for (int d = axis + 1; d < array.rank(); d++) {
      inner *= array.size(d);
    }
    return inner;
  }

  private static double[] slice(INDArray array, int axis, int[] indices) {
    long inner = inner(array, axis);
    double[] all = Compare.values(array);
    double[] found = new double[all.length];
    int n = 0;
    for (int i = 0; i < all.length; i++) {
      int at = (int) (i / inner % array.size(axis));
      if (Arrays.stream(indices).anyMatch(x -> x == at)) {
        found[n++] = all[i];
      }
    }
    return Arrays.copyOf(found, n);
  }

  /** Folds every number of every unit, {@code [group][channel]}. */
  private double[][] fold(Map<String, INDArray> arrays, DoubleBinaryOperator with) {
    double[][] result = new double[groups.size()][];
    for (ChannelGroup g : groups) {
      double[] byChannel = new double[g.size()];
      result[g.index()] = byChannel;
      g.masked()
          .forEach(
              (leaf, indices) -> {
                INDArray array = arrays.get(leaf.variable());
                if (array == null) {
                  return;
                }
                int[] channelOf = new int[(int) array.size(leaf.axis())];
                Arrays.fill(channelOf, -1);
                for (int c = 0; c < indices.length; c++) {
                  for (int i : indices[c]) {
                    channelOf[i] = c;
                  }
                }
                long inner = inner(array, leaf.axis());
                double[] values = Compare.values(array);
                for (int i = 0; i < values.length; i++) {
                  int c = channelOf[(int) (i / inner % channelOf.length)];
                  if (c >= 0) {
                    byChannel[c] = with.applyAsDouble(byChannel[c], values[i]);
                  }
                }
              });
    }
    return result;
  }

  /** Norm of each unit over all its parameters. */
  public double[][] norms(SameDiff sd) {
    double[][] norms = fold(Compare.arrays(sd), (sum, v) -> sum + v * v);
    for (double[] group : norms) {
      for (int c = 0; c < group.length; c++) {
        group[c] = Math.sqrt(group[c]);
      }
    }
    return norms;
  }

  /** The largest magnitude that the updater's state holds for each unit. */
  public double[][] largestState(SameDiff sd) {
    double[][] largest = fold(Map.of(), Double::sum);
    List<String> keys =
        sd.getUpdaterMap().values().stream()
            .flatMap(u -> u.getState().keySet().stream())
            .distinct()
            .toList();
    for (String key : keys) {
      Map<String, INDArray> arrays = new LinkedHashMap<>();
      sd.getUpdaterMap().forEach((name, u) -> arrays.put(name, (INDArray) u.getState().get(key)));
      double[][] ofKey = fold(arrays, (max, v) -> Math.max(max, Math.abs(v)));
      for (int g = 0; g < ofKey.length; g++) {
        for (int c = 0; c < ofKey[g].length; c++) {
          largest[g][c] = Math.max(largest[g][c], ofKey[g][c]);
        }
      }
    }
    return largest;
  }
}
