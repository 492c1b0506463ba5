package org.samediff.pruning.compaction;

import java.util.Arrays;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;

/** Sets the units of channels to zero, in a graph without masks. */
public final class UnitMask {
  private UnitMask() {}

  /**
   * Zeroes the parameters of every channel that does not stay, in place.
   *
   * @param kept channels that stay, {@code [group][channel]}
   */
  public static void zero(SameDiff sd, ChannelAnalysis analysis, boolean[][] kept) {
    for (ChannelGroup group : analysis.groups()) {
      boolean[] stays = kept[group.index()];
      group
          .masked()
          .forEach(
              (leaf, indices) ->
                  zero(sd.getVariable(leaf.variable()).getArr(), leaf, indices, stays));
    }
  }

  private static void zero(INDArray array, LeafAxis leaf, int[][] indices, boolean[] stays) {
    double[] factors = new double[(int) array.size(leaf.axis())];
    Arrays.fill(factors, 1);
    boolean any = false;
    for (int c = 0; c < stays.length; c++) {
      if (!stays[c]) {
        any = true;
        for (int i : indices[c]) {
          factors[i] = 0;
        }
      }
    }
    if (!any) {
      return;
    }
    try (INDArray vector = Nd4j.createFromArray(factors).castTo(array.dataType())) {
      if (array.rank() == 1) {
        array.muli(vector);
      } else {
        Nd4j.getExecutioner().exec(new BroadcastMulOp(array, vector, array, leaf.axis()));
      }
    }
  }
}
