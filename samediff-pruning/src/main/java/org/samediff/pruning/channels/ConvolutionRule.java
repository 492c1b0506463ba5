package org.samediff.pruning.channels;

import org.nd4j.enums.WeightsFormat;

/**
 * {@code conv2d}: mixes the input's channels into new ones, one per filter. Inputs x, W, optional
 * bias; NCHW or NHWC; weights in any of ND4J's three formats.
 */
final class ConvolutionRule implements ChannelRule {
  // integer arguments of the native op: kH kW sH sW pH pW dH dW mode nhwc format
  private static final int NHWC_FLAG = 9;
  private static final int WEIGHTS_FORMAT = 10;

  @Override
  public void apply(RuleContext op) {
    int channelAxis = op.iArg(NHWC_FLAG) == 0 ? 1 : 3;
    WeightsFormat format =
        op.iArgs() > WEIGHTS_FORMAT
            ? WeightsFormat.values()[(int) op.iArg(WEIGHTS_FORMAT)]
            : WeightsFormat.YXIO;
    int inAxis = format == WeightsFormat.YXIO ? 2 : format == WeightsFormat.OIYX ? 1 : 3;
    int outAxis = format == WeightsFormat.YXIO ? 3 : 0;

    AxisMap x = op.in(0);
    AxisMap w = op.in(1);
    int[] filters = w.axes()[outAxis];
    int[] read = w.axes()[inAxis];
    op.space().markConsumer(read);
    op.tie(x.axes()[channelAxis], read);
    if (!x.zero()) {
      op.pin(read, "reads it, and a cut channel is not zero there");
    }
    boolean zero = w.zero();
    if (!zero) {
      op.pin(
          filters, "has weights that are not trained, so that masking cannot bring them to zero");
    }
    if (op.inputs() > 2) {
      AxisMap bias = op.in(2);
      op.tie(bias.axes()[bias.rank() - 1], filters);
      zero &= bias.zero();
    }
    op.filters(filters);
    long[] out = op.outShape(0);
    long positions = channelAxis == 1 ? out[2] * out[3] : out[1] * out[2];
    op.macs(positions, w, op.inShape(1));
    op.out(0, AxisMap.single(4, channelAxis, filters, zero));
  }
}
