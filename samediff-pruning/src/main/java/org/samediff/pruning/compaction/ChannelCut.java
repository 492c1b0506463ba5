package org.samediff.pruning.compaction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.ShapePatch;
import org.samediff.pruning.graph.OpAttributes;
import org.samediff.pruning.rewrite.StripPass;

/**
 * Removes channels for good.
 *
 * <p>Before: a graph with masks whose redundant units are zero. After: a new graph without masks
 * and scores, in which every array that held a redundant channel is shorter by it (filters, biases,
 * batch norm vectors and running averages, the consumers' input slices, and the updater state of
 * each), and every attribute or constant that held a channel count holds the new one. Everything
 * else is as it was. The input graph is only read; peak memory is that of the smaller graph.
 */
final class ChannelCut {
  private final ChannelAnalysis analysis;
  private final boolean[][] kept;

  /** Variable to axis to the indices along it that stay. */
  private final Map<String, Map<Integer, int[]>> staying = new LinkedHashMap<>();

  ChannelCut(ChannelAnalysis analysis, boolean[][] kept) {
    this.analysis = analysis;
    this.kept = kept;
  }

  SameDiff apply(SameDiff masked) {
    Map<String, Map<Integer, boolean[]>> removed = removed(masked);
    removed.forEach(
        (variable, axes) -> {
          Map<Integer, int[]> indices = new TreeMap<>();
          axes.forEach(
              (axis, gone) ->
                  indices.put(
                      axis, IntStream.range(0, gone.length).filter(i -> !gone[i]).toArray()));
          staying.put(variable, indices);
        });
    SameDiff slim = StripPass.from(masked).arrays(this::slice).updaterState(this::slice).build();
    analysis.patches().forEach((patch, owners) -> patch(slim, patch, owners));
    return slim;
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
    Map<Integer, int[]> axes = staying.get(variable);
    if (axes == null) {
      return array.dup(array.ordering());
    }
    INDArray result = array;
    for (Map.Entry<Integer, int[]> axis : axes.entrySet()) {
      result = gather(result, axis.getKey(), axis.getValue());
    }
    return result;
  }

  private static INDArray gather(INDArray array, int axis, int[] indices) {
    long[] shape = array.shape().clone();
    shape[axis] = indices.length;
    INDArray out = Nd4j.createUninitialized(array.dataType(), shape, 'c');
    Nd4j.exec(
        DynamicCustomOp.builder("gather")
            .addInputs(array, Nd4j.createFromArray(indices))
            .addOutputs(out)
            .addIntegerArguments(axis)
            .build());
    return out;
  }

  private void patch(SameDiff slim, ShapePatch patch, int[][] owners) {
    List<int[]> left = new ArrayList<>();
    for (int[] owner : owners) {
      if (owner[0] < 0 || kept[owner[0]][owner[1]]) {
        left.add(owner);
      }
    }
    if (patch instanceof ShapePatch.Argument argument) {
      OpAttributes.setIntegerArgument(slim, argument.op(), argument.index(), left.size());
    } else if (patch instanceof ShapePatch.Element element) {
      slim.getVariable(element.constant()).getArr().putScalar(element.index(), left.size());
    }
  }
}
