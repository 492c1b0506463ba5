package org.samediff.pruning.channels;

import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.ScalarOp;

/**
 * Elementwise ops with a number or two, rectifiers with a cutoff among them: channels pass; zero
 * stays zero unless the numbers move it.
 */
final class ScalarRule implements ChannelRule {
  static final Set<String> OPS =
      Set.of(
          "add_scalar",
          "sub_scalar",
          "rsub_scalar",
          "mul_scalar",
          "div_scalar",
          "rdiv_scalar",
          "pow",
          "max_scalar",
          "scalar_min",
          "step",
          "relu",
          "relu6",
          "ClipByValue");

  @Override
  public void apply(RuleContext op) {
    double c = Double.NaN;
    if (op.op().function() instanceof ScalarOp scalar) {
      INDArray value = scalar.scalar();
      c = value == null ? Double.NaN : value.getDouble(0);
    }
    boolean keeps =
        switch (op.op().type()) {
          case "add_scalar", "sub_scalar", "rsub_scalar" -> c == 0;
          case "mul_scalar" -> true;
          case "div_scalar" -> c != 0;
          // below its cutoff, 0 unless the user says otherwise, a rectifier gives the cutoff
          case "max_scalar", "relu", "relu6" -> c <= 0;
          case "scalar_min", "step" -> c >= 0;
          case "pow" -> c > 0;
          case "ClipByValue" -> clipsToZero(op);
          default -> false;
        };
    if (op.inputs() > 1) {
      op.opaque("takes its number from another op");
      return;
    }
    op.carry(keeps ? op.dead(0) : op.dead(0).moved());
  }

  /** Arguments: the least and the greatest value. */
  private static boolean clipsToZero(RuleContext op) {
    double[] bounds = ((DynamicCustomOp) op.op().function()).tArgs();
    return bounds.length == 2 && bounds[0] <= 0 && bounds[1] >= 0;
  }
}
