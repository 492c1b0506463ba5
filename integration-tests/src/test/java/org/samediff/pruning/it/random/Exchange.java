package org.samediff.pruning.it.random;

import java.util.Map;
import java.util.function.BiFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;

/** Exchanges two channels of a group wherever they lie. */
record Exchange(ChannelGroup group, int first, int second)
    implements BiFunction<String, INDArray, INDArray> {
  /** Both lie at equally many places everywhere. */
  static boolean possible(ChannelGroup group, int first, int second) {
    return group.cut().values().stream()
        .allMatch(indices -> indices[first].length == indices[second].length);
  }

  @Override
  public INDArray apply(String variable, INDArray array) {
    INDArray result = array.dup('c');
    for (Map.Entry<LeafAxis, int[][]> e : group.cut().entrySet()) {
      if (e.getKey().variable().equals(variable)) {
        result = exchanged(result, e.getKey().axis(), e.getValue());
      }
    }
    return result;
  }

  private INDArray exchanged(INDArray array, int axis, int[][] indices) {
    int[] order = new int[(int) array.size(axis)];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    for (int i = 0; i < indices[first].length; i++) {
      order[indices[first][i]] = indices[second][i];
      order[indices[second][i]] = indices[first][i];
    }
    INDArray result = array.ulike();
    for (int i = 0; i < order.length; i++) {
      slice(result, axis, i).assign(slice(array, axis, order[i]));
    }
    return result;
  }

  private static INDArray slice(INDArray array, int axis, int index) {
    return array.rank() == 1 ? array.getScalar(index) : array.slice(index, axis);
  }
}
