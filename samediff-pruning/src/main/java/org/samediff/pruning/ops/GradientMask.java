package org.samediff.pruning.ops;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/**
 * The stop-gradient mask: {@code y = w} for any mask, {@code dL/dw = mask * dL/dy}.
 *
 * <p>Inputs: {@code w} of any shape, floating point; {@code mask} of the same dtype, zeros and
 * ones, in a shape that broadcasts to w's. Where the mask is 0 the gradient is exactly 0 and the
 * value is untouched. The same can be written with stock ops ({@code s = stopGradient(w); s + (w -
 * s) * mask}), at four ops forward and about three backward instead of one and one; an op costs
 * some 30 microseconds of SameDiff engine time, which made the difference between a few per cent
 * and a fifth of a training step.
 *
 * <p>The native op behind it is {@code identity_bp}, which takes its shape from the first input and
 * copies the second: {@code w} is passed twice, the mask rides along as the third. ND4J has no Java
 * class for that op, so the registration adds to ND4J's registry and replaces nothing. A graph that
 * holds masks needs this class to be loaded again ({@link #register()}); a compacted graph holds
 * none.
 */
public final class GradientMask extends DynamicCustomOp {
  /** Name of the native op, and of this op in graphs and files. */
  public static final String OP_NAME = "identity_bp";

  static {
    OpRegistry.register(OP_NAME, new GradientMask());
  }

  /** For ND4J, which makes an instance when it clones or loads a graph. */
  public GradientMask() {}

  private GradientMask(SameDiff sd, SDVariable w, SDVariable mask) {
    super(null, sd, new SDVariable[] {w, w, mask});
  }

  /** Makes the op known to ND4J. Called by {@link #apply}; needed by hand only before a load. */
  public static void register() {
    // the static initialiser does the work
  }

  /** Adds the mask op to the graph; the result has w's shape, dtype and values. */
  public static SDVariable apply(SameDiff sd, String name, SDVariable w, SDVariable mask) {
    SDVariable y = new GradientMask(sd, w, mask).outputVariable();
    return sd.updateVariableNameAndReference(y, name);
  }

  @Override
  public String opName() {
    return OP_NAME;
  }

  @Override
  public int getNumOutputs() {
    return 1;
  }

  /** No Java-side properties: nothing for the FlatBuffers round trip to lose. */
  @Override
  public Map<String, Object> propertiesForFunction() {
    return Collections.emptyMap();
  }

  @Override
  public List<DataType> calculateOutputDataTypes(List<DataType> inputs) {
    return Collections.singletonList(inputs.get(0));
  }

  /** One gradient, for w: the engine adds up what a variable gets, and the mask needs none. */
  @Override
  public List<SDVariable> doDiff(List<SDVariable> gradients) {
    return Collections.singletonList(gradients.get(0).mul(arg(2)));
  }
}
