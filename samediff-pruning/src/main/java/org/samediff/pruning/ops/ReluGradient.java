package org.samediff.pruning.ops;

import java.util.List;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.transforms.gradient.ThresholdReluBp;

/**
 * The gradient of relu, {@code dL/dx = dL/dy} where {@code x > 0}, else 0, by ND4J's op {@code
 * relu_bp}. SameDiff takes {@code thresholdedrelu_bp} with threshold 0, which gives the same bits
 * in 2.7 times the time on data of mixed sign (docs/performance.md).
 */
public final class ReluGradient extends DynamicCustomOp {
  private static final String OP_NAME = "relu_bp";

  /** For ND4J. */
  public ReluGradient() {}

  /**
   * Puts this op in the place of the slower one, wherever that has threshold 0. A gradient function
   * is made anew from the graph and saved nowhere, so nothing else knows of it.
   *
   * @param gradientFunction changed in place, before or between runs
   */
  public static void use(SameDiff gradientFunction) {
    for (SameDiffOp op : gradientFunction.getOps().values()) {
      if (op.getOp() instanceof ThresholdReluBp slow
          && slow.numTArguments() > 0
          && slow.tArgs()[0] == 0) {
        ReluGradient fast = new ReluGradient();
        fast.setSameDiff(gradientFunction);
        fast.setOwnName(op.getName());
        op.setOp(fast);
      }
    }
  }

  @Override
  public String opName() {
    return OP_NAME;
  }

  @Override
  public int getNumOutputs() {
    return 1;
  }

  @Override
  public List<DataType> calculateOutputDataTypes(List<DataType> inputs) {
    return List.of(inputs.get(0));
  }
}
