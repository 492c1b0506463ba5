package org.samediff.pruning.channels;

import java.util.List;
import java.util.function.IntUnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * One op, or one way to use it, and what its rule must say.
 *
 * @param name of the op, and what is special here
 * @param body adds the op behind a map of eight channels
 * @param axis of the result that carries channels; -1 if none does
 * @param channel the channel of c1 that lies at an index along that axis; -1 for none
 * @param zero what the result holds at a cut channel if the map is zero there
 * @param uniform what it holds if the map is a constant there
 * @param groups the groups that come out, as {@link OpTrial#groups} prints them; {@link #MAP}
 *     unless something else is said
 * @param refused part of the reason why c1 keeps its filters; empty if it loses some
 * @param trains false if SameDiff cannot differentiate the op
 * @param layouts in which it is tried: false for NCHW, true for NHWC
 */
record OpCase(
    String name,
    Body body,
    Axis axis,
    IntUnaryOperator channel,
    Dead zero,
    Dead uniform,
    String groups,
    String refused,
    boolean trains,
    List<Boolean> layouts) {
  /** The groups where c1 feeds the end alone, a map. */
  static final String MAP = "8 [c1] [c1_W[3], c1_b[0], end_W[2]]";

  /** The same where the end is a dense layer. */
  static final String DENSE = "8 [c1] [c1_W[3], c1_b[0], fc_W[0]]";

  interface Body {
    SDVariable build(OpNet net);
  }

  interface Axis {
    int of(OpNet net);
  }

  /** What stands before the op. */
  enum Activation {
    /** Zero stays zero. */
    TANH {
      @Override
      SDVariable apply(OpNet net, SDVariable map) {
        return net.sd.math().tanh(map);
      }
    },
    /** Zero becomes a half. */
    SIGMOID {
      @Override
      SDVariable apply(OpNet net, SDVariable map) {
        return net.sd.nn().sigmoid(map);
      }
    };

    abstract SDVariable apply(OpNet net, SDVariable map);
  }

  /** An op through which channels pass as they are, zero stays zero and a constant a constant. */
  static OpCase of(String name, Body body) {
    return new OpCase(
        name,
        body,
        OpNet::axis,
        i -> i,
        Dead.ZERO,
        Dead.UNIFORM,
        MAP,
        "",
        true,
        List.of(false, true));
  }

  /** With what a cut channel holds behind the op. */
  OpCase dead(Dead ofZero, Dead ofUniform) {
    return new OpCase(
        name, body, axis, channel, ofZero, ofUniform, groups, refused, trains, layouts);
  }

  /** With another place of the channels. */
  OpCase maps(int to, IntUnaryOperator from) {
    return maps(net -> to, from);
  }

  OpCase maps(Axis to, IntUnaryOperator from) {
    return new OpCase(name, body, to, from, zero, uniform, groups, refused, trains, layouts);
  }

  /** With channels in the same place and in another order or number. */
  OpCase maps(IntUnaryOperator from) {
    return maps(axis, from);
  }

  /** With other groups. */
  OpCase groups(String expected) {
    return new OpCase(name, body, axis, channel, zero, uniform, expected, refused, trains, layouts);
  }

  /** An op that c1 is kept for. */
  OpCase refused(String reason) {
    return new OpCase(name, body, axis, channel, zero, uniform, groups, reason, trains, layouts);
  }

  OpCase untrainable() {
    return new OpCase(name, body, axis, channel, zero, uniform, groups, refused, false, layouts);
  }

  OpCase nchw() {
    return in(List.of(false));
  }

  OpCase nhwc() {
    return in(List.of(true));
  }

  private OpCase in(List<Boolean> some) {
    return new OpCase(name, body, axis, channel, zero, uniform, groups, refused, trains, some);
  }

  @Override
  public String toString() {
    return name;
  }
}
