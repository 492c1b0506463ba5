package org.samediff.pruning.channels;

import java.util.function.Function;
import org.nd4j.enums.WeightsFormat;

/**
 * Convolutions, plain and transposed, over one to three dimensions: mix the input's channels into
 * new ones, one per filter. Inputs x, W, optional bias. A constant that a cut channel carries goes
 * into the bias where padding cannot see it. Weights that are not trained make no filters of their
 * own; their channels go where another layer's go that are multiplied with them (local response
 * normalisation by a band of ones).
 */
record ConvolutionRule(Function<RuleContext, Layout> layout) implements ChannelRule {
  /**
   * Where things lie.
   *
   * @param channelAxis of input and output
   * @param inAxis of the weights
   * @param outAxis of the weights
   * @param padded whether positions near the border see anything but the input
   * @param transposed whether each weight is used once per input position, not per output position
   */
  record Layout(int channelAxis, int inAxis, int outAxis, boolean padded, boolean transposed) {
    static Layout conv1d(RuleContext op) {
      // kW sW pW dW mode nwc; ND4J 1.0.0-M2.1 runs no format but YXIO
      return new Layout(op.iArg(5) == 0 ? 1 : 2, 1, 2, padded(op, 1, 4), false);
    }

    static Layout conv2d(RuleContext op) {
      // kH kW sH sW pH pW dH dW mode nhwc format
      WeightsFormat format = format(op, 10);
      int in = format == WeightsFormat.YXIO ? 2 : format == WeightsFormat.OIYX ? 1 : 3;
      int out = format == WeightsFormat.YXIO ? 3 : 0;
      return new Layout(op.iArg(9) == 0 ? 1 : 3, in, out, padded(op, 2, 8), false);
    }

    static Layout conv3d(RuleContext op) {
      // kD kH kW sD sH sW pD pH pW dD dH dW mode ndhwc format
      WeightsFormat format = format(op, 14);
      int in = format == WeightsFormat.YXIO ? 3 : format == WeightsFormat.OIYX ? 1 : 4;
      int out = format == WeightsFormat.YXIO ? 4 : 0;
      return new Layout(op.iArg(13) == 0 ? 1 : 4, in, out, padded(op, 3, 12), false);
    }

    /** YXIO stands for [kH, kW, out, in] here, OIYX for [in, out, kH, kW]. */
    static Layout deconv2d(RuleContext op) {
      WeightsFormat format = format(op, 10);
      int in = format == WeightsFormat.YXIO ? 3 : 0;
      int out = format == WeightsFormat.YXIO ? 2 : format == WeightsFormat.OIYX ? 1 : 3;
      return new Layout(op.iArg(9) == 0 ? 1 : 3, in, out, wide(op, 2), true);
    }

    static Layout deconv3d(RuleContext op) {
      WeightsFormat format = format(op, 14);
      int in = format == WeightsFormat.YXIO ? 4 : 0;
      int out = format == WeightsFormat.YXIO ? 3 : format == WeightsFormat.OIYX ? 1 : 4;
      return new Layout(op.iArg(13) == 0 ? 1 : 4, in, out, wide(op, 3), true);
    }

    static WeightsFormat format(RuleContext op, int index) {
      return op.iArgs() > index ? WeightsFormat.values()[(int) op.iArg(index)] : WeightsFormat.YXIO;
    }

    /** Arguments: k, s, p, d for each of n dimensions, then the mode; 0 is VALID. */
    static boolean padded(RuleContext op, int n, int mode) {
      boolean pads = op.iArg(mode) != 0 && wide(op, n);
      for (int i = 2 * n; i < 3 * n && op.iArg(mode) == 0; i++) {
        pads |= op.iArg(i) != 0;
      }
      return pads;
    }

    private static boolean wide(RuleContext op, int n) {
      for (int i = 0; i < n; i++) {
        if (op.iArg(i) != 1) {
          return true;
        }
      }
      return false;
    }
  }

  @Override
  public void apply(RuleContext op) {
    Layout at = layout.apply(op);
    AxisMap x = op.in(0);
    AxisMap w = op.in(1);
    int[] filters = w.axes()[at.outAxis()];
    op.tie(x.axes()[at.channelAxis()], w.axes()[at.inAxis()]);
    op.pinBeside(x, at.channelAxis());
    op.pinBeside(w, at.inAxis(), at.outAxis());
    read(op, at, x, w);
    boolean trained = w.dead() == Dead.ZERO;
    if (trained) {
      op.filters(1, at.outAxis(), at.channelAxis());
    } else {
      op.untrained(filters);
    }
    Dead dead = trained ? Dead.ZERO : Dead.VARYING;
    if (op.inputs() > 2) {
      AxisMap bias = op.in(2);
      op.tie(bias.axes()[bias.rank() - 1], filters);
      dead = dead.with(op.dead(2));
    }
    op.macs(positions(at.transposed() ? op.inShape(0) : op.outShape(0), at), w, op.inShape(1));
    op.out(0, AxisMap.single(x.rank(), at.channelAxis(), filters, dead));
  }

  private static void read(RuleContext op, Layout at, AxisMap x, AxisMap w) {
    int[] read = w.axes()[at.inAxis()];
    if (w.leaf()) {
      op.space().markConsumer(read);
    }
    boolean maskedSlices = !w.leaf() && w.dead() == Dead.ZERO;
    if (x.dead() == Dead.ZERO || maskedSlices) {
      return;
    }
    if (x.dead() == Dead.UNIFORM && !at.padded()) {
      op.fold(2, 0, at.channelAxis(), at.channelAxis());
    } else if (x.dead() == Dead.UNIFORM) {
      op.inexact(read, "pads it with zeros, and a cut channel is a constant there, not zero");
    } else {
      op.inexact(read, "reads it, and a cut channel is not constant there");
    }
  }

  /** Number of positions in space. */
  static double positions(long[] shape, Layout at) {
    double n = 1;
    for (int d = 1; d < shape.length; d++) {
      n *= d == at.channelAxis() ? 1 : shape[d];
    }
    return n;
  }
}
