package org.samediff.pruning.ops;

import java.util.Map;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.ReduceOp;
import org.nd4j.linalg.api.ops.impl.shape.Reshape;

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
   * constant up its first inputs; a reduction takes its axes away, a reshape says its result's, and
   * every other op between keeps the rank of its first input.
   *
   * @throws IllegalStateException when nothing on the way tells
   */
  static int rankOf(SameDiff sd, String variable) {
    String name = variable;
    int reduced = 0;
    while (true) {
      SDVariable v = sd.getVariable(name);
      long[] shape = v.getShape();
      if (shape != null) {
        return shape.length - reduced;
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
      DifferentialFunction op = sd.getOpById(opName);
      Integer rank = RANK_BY_OP.get(op.opName());
      if (rank != null) {
        return rank - reduced;
      }
      if (op instanceof Reshape reshape && reshape.numIArguments() > 1) {
        return reshape.numIArguments() - 1 - reduced; // the first one is the order
      }
      if (op instanceof ReduceOp reduction && !reduction.isKeepDims()) {
        reduced += op.getDimensions().length;
      }
      name = sd.getOps().get(opName).getInputsToOp().get(0);
    }
  }
}
