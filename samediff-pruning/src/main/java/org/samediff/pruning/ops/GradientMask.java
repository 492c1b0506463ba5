package org.samediff.pruning.ops;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.bp.MulBpOp;

/**
 * The stop-gradient mask of a unit's parameters: {@code y_i = w_i} for any mask, {@code dL/dw_i =
 * mask_i * dL/dy_i}.
 *
 * <p>Inputs: {@code w_1 .. w_n}, floating point; {@code mask_1 .. mask_m} of the same dtype, zeros
 * and ones, each in a shape that broadcasts to every w that it masks. Integer arguments: n, then
 * for each w which mask is its, from 0. Outputs: a copy of each input, the masks' for nobody. Where
 * a mask is 0 the gradient is exactly 0 and the value is untouched.
 *
 * <p>The same can be written with stock ops ({@code s = stopGradient(w); s + (w - s) * mask}) at
 * four ops forward and three backward for each parameter. An op costs tens of microseconds of
 * SameDiff engine time, so one op masks all parameters of a group, and backward one op serves two
 * vectors: {@code multiply_bp(b, a, mask)} is {@code (mask * a, mask * b)}.
 *
 * <p>The native op behind it is {@code identity_n}. Registering this class replaces ND4J's for that
 * name, whose derivative is zero in 1.0.0-M2.1; without integer argument this one is a plain
 * identity with the right derivative. A graph that holds masks needs the class to be loaded again
 * ({@link #register()}); a compacted graph holds none.
 */
public final class GradientMask extends DynamicCustomOp {
  /** Name of the native op, and of this op in graphs and files. */
  public static final String OP_NAME = "identity_n";

  static {
    OpRegistry.register(OP_NAME, new GradientMask());
  }

  /** For ND4J, which makes an instance when it clones or loads a graph. */
  public GradientMask() {}

  private GradientMask(SameDiff sd, SDVariable[] parametersThenMasks, long[] arguments) {
    super(null, sd, parametersThenMasks);
    addIArgument(arguments);
  }

  /** Makes the op known to ND4J. Called by {@link #apply}; needed by hand only before a load. */
  public static void register() {
    // the static initialiser does the work
  }

  /**
   * Adds a mask op to the graph.
   *
   * @param parameters what is masked
   * @param masks one for each parameter; one mask may serve several
   * @return one output for each parameter, with its shape, dtype and values, and behind them one
   *     for each of the masks that differ
   */
  public static SDVariable[] apply(
      SameDiff sd, List<SDVariable> parameters, List<SDVariable> masks) {
    if (parameters.size() != masks.size()) {
      throw new IllegalArgumentException(
          parameters.size() + " parameters and " + masks.size() + " masks");
    }
    int n = parameters.size();
    List<String> names = masks.stream().map(SDVariable::name).distinct().toList();
    List<SDVariable> inputs = new ArrayList<>(parameters);
    names.forEach(name -> inputs.add(sd.getVariable(name)));
    long[] arguments = new long[1 + n];
    arguments[0] = n;
    for (int i = 0; i < n; i++) {
      arguments[1 + i] = names.indexOf(masks.get(i).name());
    }
    return new GradientMask(sd, inputs.toArray(SDVariable[]::new), arguments).outputVariables();
  }

  /** Number of parameters that an op of this name masks; 0 for a plain identity. */
  public static int parameterCount(DynamicCustomOp op) {
    return op.numIArguments() == 0 ? 0 : op.getIArgument(0).intValue();
  }

  @Override
  public String opName() {
    return OP_NAME;
  }

  @Override
  public int getNumOutputs() {
    return args().length;
  }

  /** Only what the native arguments hold: nothing for the FlatBuffers round trip to lose. */
  @Override
  public Map<String, Object> propertiesForFunction() {
    return Collections.emptyMap();
  }

  @Override
  public List<DataType> calculateOutputDataTypes(List<DataType> inputs) {
    return inputs;
  }

  /** A gradient for each parameter; the masks, constants, need none. */
  @Override
  public List<SDVariable> doDiff(List<SDVariable> gradients) {
    int n = parameterCount(this);
    if (n == 0) {
      return gradients;
    }
    SDVariable[] masked = new SDVariable[n];
    for (int i = 0; i < n; i++) {
      if (masked[i] == null) {
        SDVariable mask = mask(i);
        int partner = partner(i, masked);
        if (partner < 0) {
          masked[i] = gradients.get(i).mul(mask);
        } else {
          SDVariable[] both =
              new MulBpOp(sameDiff, gradients.get(partner), gradients.get(i), mask)
                  .outputVariables();
          masked[i] = both[0];
          masked[partner] = both[1];
        }
      }
    }
    return Arrays.asList(masked);
  }

  /** What masks parameter i. */
  private SDVariable mask(int i) {
    return arg(parameterCount(this) + getIArgument(1 + i).intValue());
  }

  /** A later vector of the same length and mask that has no gradient yet, or -1. */
  private int partner(int i, SDVariable[] masked) {
    int n = masked.length;
    for (int j = i + 1; j < n; j++) {
      if (masked[j] == null
          && mask(i).name().equals(mask(j).name())
          && isVector(arg(i), mask(i))
          && isVector(arg(j), mask(j))) {
        return j;
      }
    }
    return -1;
  }

  private static boolean isVector(SDVariable parameter, SDVariable mask) {
    long[] shape = parameter.getShape();
    return shape != null && Arrays.equals(shape, mask.getShape());
  }
}
