package org.samediff.pruning.deployment;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastMulOp;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.FilterSite;
import org.samediff.pruning.graph.GraphView;

/**
 * A convolution or matrix product with stored weights that nothing else reads.
 *
 * @param channelAxis of the output
 * @param weights name of the variable whose scaling scales the output
 * @param axes of the weights that the output's channels lie along, one or two
 * @param bias the bias, if it has one
 * @param takesBias whether it can be given one
 */
record LinearLayer(
    GraphView.Op op,
    int channelAxis,
    String weights,
    int[] axes,
    Optional<String> bias,
    boolean takesBias) {

  /**
   * The layer that this op is, if it is one.
   *
   * @param sites of the graph's convolutions, by the name of their output
   */
  static Optional<LinearLayer> of(
      GraphView view, GraphView.Op op, Map<String, FilterSite> sites, long[] shape) {
    FilterSite site = sites.get(op.output());
    Optional<LinearLayer> found = Optional.empty();
    if (site != null) {
      int inputs = op.inputs().indexOf(site.weights()) + 1;
      found = layer(op, site.channelAxis(), inputs, true, site.filterAxis());
    } else if (op.type().equals("depthwise_conv2d")) {
      long[] arguments = ((DynamicCustomOp) op.function()).iArgs();
      boolean yxio = arguments.length < 11 || arguments[10] == 0;
      found = yxio ? layer(op, arguments[9] == 0 ? 1 : 3, 2, true, 2, 3) : found;
    } else if (op.type().equals("matmul") && op.inputs().size() == 2 && shape.length >= 2) {
      long[] arguments = ((DynamicCustomOp) op.function()).iArgs();
      boolean plain = arguments.length < 3 || arguments[2] == 0;
      boolean transposed = arguments.length > 1 && arguments[1] != 0;
      found = plain ? layer(op, shape.length - 1, 2, false, transposed ? 0 : 1) : found;
    }
    return found.filter(l -> l.isSound(view, shape));
  }

  private static Optional<LinearLayer> layer(
      GraphView.Op op, int channelAxis, int inputs, boolean takesBias, int... axes) {
    Optional<String> bias =
        op.inputs().size() > inputs ? Optional.of(op.input(inputs)) : Optional.empty();
    return Optional.of(
        new LinearLayer(op, channelAxis, op.input(inputs - 1), axes, bias, takesBias));
  }

  private boolean isSound(GraphView view, long[] shape) {
    return ownedAlone(view, weights)
        && bias.map(b -> ownedAlone(view, b)).orElse(true)
        && Arrays.stream(axes).allMatch(a -> a < view.variable(weights).array().rank())
        && Arrays.stream(axes)
                .mapToLong(view.variable(weights).array()::size)
                .reduce(1, (a, b) -> a * b)
            == shape[channelAxis];
  }

  private boolean ownedAlone(GraphView view, String variable) {
    return view.variable(variable).stored()
        && view.consumers(variable).size() == 1
        && op.inputs().stream().filter(variable::equals).count() == 1;
  }

  /** A copy of the weights, each output channel multiplied by its factor. */
  INDArray scaled(INDArray array, double[] factors) {
    INDArray vector = Nd4j.createFromArray(factors).castTo(array.dataType());
    INDArray result = array.dup('c');
    if (axes.length == 1) {
      Nd4j.getExecutioner().exec(new BroadcastMulOp(result, vector, result, axes[0]));
    } else {
      long[] shape = new long[array.rank()];
      Arrays.fill(shape, 1);
      Arrays.stream(axes).forEach(a -> shape[a] = array.size(a));
      result.muli(vector.reshape(shape));
    }
    return result;
  }
}
