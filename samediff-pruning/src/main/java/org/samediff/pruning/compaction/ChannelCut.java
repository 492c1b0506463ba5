package org.samediff.pruning.compaction;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.Fold;
import org.samediff.pruning.channels.ShapePatch;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.OpAttributes;
import org.samediff.pruning.rewrite.StripPass;

/**
 * Removes channels for good.
 *
 * <p>Before: a graph with masks whose redundant units are zero. After: a new graph without masks,
 * in which every array that held a redundant channel is shorter by it (filters, biases, batch norm
 * vectors and running averages, the consumers' input slices, and the updater state of each), and
 * every attribute or constant that held a channel count holds the new one. Everything else is as it
 * was. The input graph is only read; peak memory is that of the smaller graph.
 */
final class ChannelCut {
  private final ChannelAnalysis analysis;
  private final boolean[][] kept;
  private final Map<Fold, INDArray> constants;

  /** Variable to axis to the indices along it that stay. */
  private final Map<String, SortedMap<Integer, int[]>> staying = new LinkedHashMap<>();

  /**
   * A cut.
   *
   * @param constants what each consumer's bias takes over from channels that are cut
   */
  ChannelCut(ChannelAnalysis analysis, boolean[][] kept, Map<Fold, INDArray> constants) {
    this.analysis = analysis;
    this.kept = kept;
    this.constants = constants;
  }

  SameDiff apply(SameDiff masked) {
    return apply(masked, StripPass.from(masked).updaterState(this::slice));
  }

  /** Without TrainingConfig, losses and updater state. */
  SameDiff applyForInference(SameDiff masked) {
    return apply(masked, StripPass.from(masked).withoutTraining().withoutUpdaterState());
  }

  private SameDiff apply(SameDiff masked, GraphCopy copy) {
    Map<String, Map<Integer, boolean[]>> removed = removed(masked);
    removed.forEach(
        (variable, axes) -> {
          SortedMap<Integer, int[]> indices = new TreeMap<>();
          axes.forEach(
              (axis, gone) ->
                  indices.put(
                      axis, IntStream.range(0, gone.length).filter(i -> !gone[i]).toArray()));
          staying.put(variable, indices);
        });
    SameDiff slim = copy.arrays(this::slice).shifting(shifts(masked)).build();
    constants.forEach((fold, constant) -> fold.bias().ifPresent(name -> add(constant, slim, name)));
    analysis.patches().forEach((patch, owners) -> patch(slim, patch, owners));
    return slim;
  }

  private static void add(INDArray constant, SameDiff slim, String bias) {
    INDArray array = slim.getVariable(bias).getArr();
    array.addi(constant.reshape(array.shape()));
  }

  /** For consumers without a bias of their own a constant behind them, in a shape that spreads. */
  private Map<String, INDArray> shifts(SameDiff masked) {
    Map<String, INDArray> shifts = new LinkedHashMap<>();
    constants.forEach(
        (fold, bias) -> {
          if (fold.bias().isEmpty()) {
            long[] shape = new long[fold.outputRank() - fold.outputAxis()];
            Arrays.fill(shape, 1);
            shape[0] = bias.length();
            String output = masked.getOps().get(fold.op()).getOutputsOfOp().get(0);
            shifts.put(output, bias.reshape(shape));
          }
        });
    return shifts;
  }

  private Map<String, Map<Integer, boolean[]>> removed(SameDiff sd) {
    Map<String, Map<Integer, boolean[]>> removed = new LinkedHashMap<>();
    for (ChannelGroup group : analysis.groups()) {
      boolean[] stays = kept[group.index()];
      if (IntStream.range(0, stays.length).allMatch(c -> stays[c])) {
        continue;
      }
      group
          .cut()
          .forEach(
              (leaf, indices) -> {
                boolean[] gone =
                    removed
                        .computeIfAbsent(leaf.variable(), v -> new TreeMap<>())
                        .computeIfAbsent(
                            leaf.axis(), a -> new boolean[(int) size(sd, leaf.variable(), a)]);
                for (int c = 0; c < stays.length; c++) {
                  if (!stays[c]) {
                    Arrays.stream(indices[c]).forEach(i -> gone[i] = true);
                  }
                }
              });
    }
    return removed;
  }

  private static long size(SameDiff sd, String variable, int axis) {
    return sd.getVariable(variable).getArr().size(axis);
  }

  /** The array without the removed indices; always a new one. */
  private INDArray slice(String variable, INDArray array) {
    SortedMap<Integer, int[]> axes = staying.get(variable);
    return axes == null ? array.dup(array.ordering()) : ArrayCut.keep(array, axes);
  }

  private void patch(SameDiff slim, ShapePatch patch, int[][] owners) {
    if (patch instanceof ShapePatch.Argument argument) {
      OpAttributes.setIntegerArgument(
          slim, argument.op(), argument.index(), staying(owners, owners.length));
    } else if (patch instanceof ShapePatch.Element element) {
      slim.getVariable(element.constant())
          .getArr()
          .putScalar(element.index(), staying(owners, owners.length));
    } else if (patch instanceof ShapePatch.Indices indices) {
      INDArray array = slim.getVariable(indices.constant()).getArr();
      for (int i = 0; i < array.length(); i++) {
        array.putScalar(i, staying(owners, Math.floorMod(array.getInt(i), owners.length)));
      }
    }
  }

  /** How many of the first {@code n} channels stay. */
  private int staying(int[][] owners, int n) {
    int left = 0;
    for (int i = 0; i < n; i++) {
      left += owners[i][0] < 0 || kept[owners[i][0]][owners[i][1]] ? 1 : 0;
    }
    return left;
  }
}
