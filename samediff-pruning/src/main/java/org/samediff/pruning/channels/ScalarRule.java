package org.samediff.pruning.channels;

import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.ScalarOp;

/**
 * Elementwise ops with a number, rectifiers with a cutoff among them: channels pass; zero stays
 * zero unless the number moves it.
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
          "pow_pairwise",
          "max_scalar",
          "min_scalar",
          "relu",
          "relu6");

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
          case "min_scalar" -> c >= 0;
          case "pow" -> c > 0;
          default -> false;
        };
    if (op.inputs() > 1) {
      op.opaque("takes its number from another op");
      return;
    }
    op.carry(keeps ? op.dead(0) : op.dead(0).moved());
  }
}
