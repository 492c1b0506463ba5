package org.samediff.pruning.ops;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.layers.convolution.BatchNorm;

/**
 * ND4J's {@code batchnorm} op with the derivative that 1.0.0-M2.1 lacks.
 *
 * <p>Inputs: x of rank 2, 4 or 5; mean, variance, gamma, beta, each {@code [C]}. As an ordinary op
 * it computes {@code gamma * (x - mean) / sqrt(variance + eps) + beta} with the mean and variance
 * it is given, in inference the running ones. SameDiff trains on a copy of the graph, its gradient
 * function, and there {@link #doDiff} puts the moments of the batch in place of a CONSTANT mean and
 * variance (biased variance, over every axis but the channel's): one graph for inference, one for
 * training, sharing their arrays. In the copy the moments are called {@code <output>/batch_mean}
 * and {@code <output>/batch_var}; {@link org.samediff.pruning.layers.BatchNormalization} folds them
 * into the running averages.
 *
 * <p>A mean or variance that the graph computes itself is left as it is and taken for a batch
 * statistic, which is what the native backward op assumes.
 *
 * <p>The op is written to files under its ND4J name, so that a file loads and infers where this
 * class is unknown. Registering it replaces ND4J's class for the name, whose gradient throws.
 *
 * <p>Source of the derivative: Ioffe and Szegedy, Batch Normalization, 2015, section 3; the native
 * op {@code batchnorm_bp} computes it, in double {@link BatchNormGradient}.
 */
public final class TrainableBatchNorm extends BatchNorm {
  /** Name of the native op, and of this op in graphs and files. */
  public static final String OP_NAME = "batchnorm";

  /** Set in a gradient function only. */
  private String[] runningAverages = {};

  static {
    OpRegistry.register(OP_NAME, new TrainableBatchNorm());
    OpRegistry.register(Backward.OP_NAME, new Backward());
  }

  /** For ND4J, which makes an instance when it clones or loads a graph. */
  public TrainableBatchNorm() {}

  private TrainableBatchNorm(
      SameDiff sd, SDVariable[] inputs, double epsilon, double decay, int channelAxis) {
    super(
        sd,
        inputs[0],
        inputs[1],
        inputs[2],
        inputs[3],
        inputs[4],
        epsilon,
        new int[] {channelAxis});
    addTArgument(decay);
  }

  /** Makes the op known to ND4J: needed before a graph that holds batch norm is trained. */
  public static void register() {
    // the static initialiser does the work
  }

  /**
   * Adds a batch norm.
   *
   * @param inputs x, mean, variance, gamma, beta
   * @param decay share of the old running average that a step keeps; stored as the op's second
   *     float argument, which the native op ignores and files keep
   */
  public static SDVariable apply(
      SameDiff sd,
      String name,
      SDVariable[] inputs,
      double epsilon,
      double decay,
      int channelAxis) {
    SDVariable y = new TrainableBatchNorm(sd, inputs, epsilon, decay, channelAxis).outputVariable();
    return sd.updateVariableNameAndReference(y, name);
  }

  /**
   * Share of the old running average that a step keeps, or {@code otherwise} where none is stored.
   */
  public double decay(double otherwise) {
    return numTArguments() > 1 ? getTArgument(1) : otherwise;
  }

  /** Axis of x that holds the channels. */
  public int channelAxis() {
    return numIArguments() > 2 ? getIArgument(2).intValue() : -1;
  }

  /**
   * Names of the moments of the batch in the gradient function, mean first.
   *
   * @param output name of the batch norm's output
   */
  public static String[] batchMomentNames(String output) {
    return new String[] {output + "/batch_mean", output + "/batch_var"};
  }

  private String outputName() {
    return sameDiff.getOps().get(getOwnName()).getOutputsOfOp().get(0);
  }

  /**
   * Names of the running mean and variance that the batch moments stand in for; meaningful in a
   * gradient function.
   */
  public String[] runningAverageNames() {
    return runningAverages.clone();
  }

  /** Only what the native arguments hold: nothing for the FlatBuffers round trip to lose. */
  @Override
  public Map<String, Object> propertiesForFunction() {
    return Map.of();
  }

  @Override
  public List<SDVariable> doDiff(List<SDVariable> gradients) {
    useBatchMoments();
    SDVariable[] args = args();
    if (args[0].dataType() == DataType.DOUBLE) {
      int axis = Math.floorMod(channelAxis(), rank());
      return BatchNormGradient.of(args, gradients.get(0), getTArgument(0), axis, others(axis));
    }
    SDVariable[] inputs = Arrays.copyOf(args, args.length + 1);
    inputs[args.length] = gradients.get(0);
    SDVariable[] outputs = new Backward(sameDiff, inputs, this).outputVariables();
    return new ArrayList<>(Arrays.asList(outputs).subList(0, args.length));
  }

  /** In the gradient function: batch moments instead of running averages. */
  private void useBatchMoments() {
    if (arg(1).getVariableType() != VariableType.CONSTANT
        || arg(2).getVariableType() != VariableType.CONSTANT) {
      return;
    }
    int[] over = others(Math.floorMod(channelAxis(), rank()));
    runningAverages = new String[] {arg(1).name(), arg(2).name()};
    SDVariable[] moments =
        sameDiff.math().moments(batchMomentNames(outputName()), arg(0), over, false);
    sameDiff.replaceArgFor(1, moments[0], this);
    sameDiff.replaceArgFor(2, moments[1], this);
  }

  private int rank() {
    int rank = RankTrace.rankOf(sameDiff, arg(0).name());
    if (rank < 2) {
      throw new IllegalStateException(
          "batch norm \""
              + outputName()
              + "\": its input \""
              + arg(0).name()
              + "\" seems to have rank "
              + rank
              + ", and it takes 2, 4 or 5; declare the shapes of placeholders, e.g."
              + " sd.placeHolder(name, type, -1, 3, 32, 32)");
    }
    return rank;
  }

  /** All axes of x but this one. */
  private int[] others(int axis) {
    return IntStream.range(0, rank()).filter(d -> d != axis).toArray();
  }

  /** {@code batchnorm_bp}: as many outputs as the forward op has inputs. */
  public static final class Backward extends DynamicCustomOp {
    static final String OP_NAME = "batchnorm_bp";

    /** For ND4J, which makes an instance when it clones or loads a graph. */
    public Backward() {}

    private Backward(SameDiff sd, SDVariable[] inputs, TrainableBatchNorm forward) {
      super(null, sd, inputs);
      addIArgument(forward.iArgs());
      addTArgument(forward.getTArgument(0));
    }

    @Override
    public String opName() {
      return OP_NAME;
    }

    @Override
    public int getNumOutputs() {
      return args().length - 1;
    }

    @Override
    public Map<String, Object> propertiesForFunction() {
      return Map.of();
    }

    @Override
    public List<DataType> calculateOutputDataTypes(List<DataType> inputs) {
      return inputs.subList(0, inputs.size() - 1);
    }
  }
}
