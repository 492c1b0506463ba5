package org.samediff.pruning.channels;

import java.util.Arrays;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/** Along which axes an op reduces. */
final class Dimensions {
  private Dimensions() {}

  /**
   * For each axis of the output the input axis it is, or -1 for an axis that was reduced to length
   * one; null when the axes cannot be told. The reduced axes come from the op's attributes, and the
   * shapes decide whether they were kept as ones.
   */
  static int[] kept(RuleContext op, int output) {
    int inRank = op.inShape(0).length;
    int outRank = op.outShape(output).length;
    boolean[] reduced = reduced(op, inRank);
    if (reduced == null) {
      return null;
    }
    int count = 0;
    for (boolean r : reduced) {
      count += r ? 1 : 0;
    }
    boolean keepDims = outRank == inRank && count > 0;
    if (!keepDims && outRank != inRank - count) {
      return null;
    }
    int[] result = new int[outRank];
    for (int d = 0, o = 0; d < inRank; d++) {
      if (!reduced[d]) {
        result[o++] = d;
      } else if (keepDims) {
        result[o++] = -1;
      }
    }
    return result;
  }

  private static boolean[] reduced(RuleContext op, int rank) {
    if (op.inputs() > 1) {
      return null;
    }
    boolean[] result = new boolean[rank];
    DifferentialFunction function = op.op().function();
    int[] dims = function.getDimensions();
    if ((dims == null || dims.length == 0) && function instanceof DynamicCustomOp custom) {
      dims = new int[custom.numIArguments()];
      for (int i = 0; i < dims.length; i++) {
        dims[i] = custom.getIArgument(i).intValue();
      }
    }
    if (dims == null || dims.length == 0) {
      Arrays.fill(result, true);
      return result;
    }
    for (int d : dims) {
      if (d == Integer.MAX_VALUE) {
        Arrays.fill(result, true);
      } else if (d < -rank || d >= rank) {
        return null;
      } else {
        result[Math.floorMod(d, rank)] = true;
      }
    }
    return result;
  }
}
