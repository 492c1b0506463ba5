package org.samediff.pruning.ops;

import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** The rank of an activation, which SameDiff does not keep: followed back to where it is known. */
final class RankTrace {
  private static final Map<String, Integer> RANK_BY_OP =
      Map.of(
          "conv2d", 4,
          "deconv2d", 4,
          "depthwise_conv2d", 4,
          "sconv2d", 4,
          "conv1d", 3,
          "conv3dnew", 5,
          "deconv3d", 5,
          "matmul", 2,
          "xw_plus_b", 2);

  private RankTrace() {}

  /**
   * Rank of the variable: that of the nearest convolution, matrix product, placeholder, variable or
   * constant up its first inputs; every op between keeps the rank of its first input.
   *
   * @throws IllegalStateException when nothing on the way tells
   */
  static int rankOf(SameDiff sd, String variable) {
    String name = variable;
    while (true) {
      SDVariable v = sd.getVariable(name);
      long[] shape = v.getShape();
      if (shape != null) {
        return shape.length;
      }
      String opName = sd.getVariables().get(name).getOutputOfOp();
      if (opName == null) {
        throw new IllegalStateException(
            "batch norm: the rank of \""
                + variable
                + "\" is unknown because the placeholder \""
                + name
                + "\" has no shape; declare it, e.g. sd.placeHolder(name, type, -1, 3, 32, 32)");
      }
      Integer rank = RANK_BY_OP.get(sd.getOpById(opName).opName());
      if (rank != null) {
        return rank;
      }
      name = sd.getOps().get(opName).getInputsToOp().get(0);
    }
  }
}
