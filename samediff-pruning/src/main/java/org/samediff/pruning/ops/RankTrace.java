package org.samediff.pruning.ops;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.BaseReduceOp;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.transforms.BaseDynamicTransformOp;

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
          "flatten_2d", 2,
          "xw_plus_b", 2);

  /** In front of a constant shape's lengths: the order of the elements. */
  private static final long ORDER = -99;

  private final SameDiff sd;
  private final Map<String, Integer> known = new HashMap<>();

  private RankTrace(SameDiff sd) {
    this.sd = sd;
  }

  /**
   * Rank of the variable. Ops that change the rank say by how much, a pairwise op (broadcasting)
   * has the largest rank of its inputs, any other that of its first. A placeholder without a shape
   * counts as rank 0.
   *
   * @throws IllegalStateException when a reshape on the way reads its shape from a computed array
   */
  static int rankOf(SameDiff sd, String variable) {
    return new RankTrace(sd).rank(variable);
  }

  private int rank(String variable) {
    Integer before = known.get(variable);
    if (before == null) {
      before = trace(variable);
      known.put(variable, before);
    }
    return before;
  }

  private int trace(String variable) {
    long[] shape = sd.getVariable(variable).getShape();
    if (shape != null) {
      return shape.length;
    }
    String opName = sd.getVariables().get(variable).getOutputOfOp();
    if (opName == null) {
      return 0; // a placeholder without a shape
    }
    DifferentialFunction op = sd.getOpById(opName);
    List<String> inputs = sd.getOps().get(opName).getInputsToOp();
    Integer byOp = RANK_BY_OP.get(op.opName());
    if (byOp != null) {
      return byOp;
    }
    if (op.opName().equals(GradientMask.OP_NAME)) {
      int output = sd.getOps().get(opName).getOutputsOfOp().indexOf(variable);
      return rank(inputs.get(output));
    }
    if (op instanceof BaseReduceOp reduce) {
      int[] axes = reduce.getDimensions();
      boolean all = axes == null || axes.length == 0 || axes[0] == Integer.MAX_VALUE;
      int in = rank(inputs.get(0));
      return reduce.isKeepDims() ? in : all ? 0 : in - axes.length;
    }
    return op instanceof DynamicCustomOp custom ? custom(custom, inputs) : rank(inputs.get(0));
  }

  private int custom(DynamicCustomOp op, List<String> inputs) {
    long[] args = op.iArgs();
    return switch (op.opName()) {
      case "reshape" -> reshape(args, inputs);
      case "squeeze" -> rank(inputs.get(0)) - args.length;
      case "expand_dims", "stack" -> rank(inputs.get(0)) + 1;
      case "unstack" -> rank(inputs.get(0)) - 1;
      case "gather" -> rank(inputs.get(0)) - 1 + rank(inputs.get(1));
      case "strided_slice" -> rank(inputs.get(0)) + Long.bitCount(args[3]) - Long.bitCount(args[4]);
      case "matmul" -> largest(inputs);
      case "moments" -> {
        boolean keepDims = op.numBArguments() > 0 && op.bArgs()[0];
        yield rank(inputs.get(0)) - (keepDims ? 0 : args.length);
      }
      default -> op instanceof BaseDynamicTransformOp ? largest(inputs) : rank(inputs.get(0));
    };
  }

  private int reshape(long[] args, List<String> inputs) {
    if (inputs.size() > 1) {
      long[] shape = sd.getVariable(inputs.get(1)).getShape();
      if (shape == null) {
        throw new IllegalStateException(
            "batch norm: the rank of its input is unknown because \""
                + inputs.get(1)
                + "\", which a reshape reads its shape from, is computed; take a constant shape");
      }
      return (int) shape[0];
    }
    return args.length > 0 && args[0] == ORDER ? args.length - 1 : args.length;
  }

  private int largest(List<String> inputs) {
    return inputs.stream().mapToInt(this::rank).max().orElseThrow();
  }
}
