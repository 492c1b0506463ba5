package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.enums.DataFormat;
import org.nd4j.linalg.api.ops.impl.broadcast.BroadcastTo;
import org.nd4j.linalg.api.ops.impl.shape.Flatten2D;
import org.nd4j.linalg.factory.Nd4j;

/** Ops that move elements, and those that pick, join or repeat channels. */
final class ShapeCases {
  private static final int C = OpNet.CHANNELS;
  private static final int AREA = OpNet.SIDE * OpNet.SIDE;

  private static final String SLICED =
      "4 [c1] [c1_W[3], c1_b[0]]\n4 [c1] [c1_W[3], c1_b[0], end_W[2]]";

  private ShapeCases() {}

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    reshapes(cases);
    joins(cases);
    parts(cases);
    repeats(cases);
    return cases;
  }

  private static void reshapes(List<OpCase> cases) {
    cases.add(
        OpCase.of("reshape to rows", n -> n.sd.reshape(n.in, -1, (long) C * AREA))
            .maps(1, i -> i / AREA)
            .groups(OpCase.DENSE)
            .nchw());
    cases.add(
        OpCase.of("reshape to rows, NHWC", n -> n.sd.reshape(n.in, -1, (long) C * AREA))
            .maps(1, i -> i % C)
            .groups(OpCase.DENSE)
            .nhwc());
    cases.add(
        OpCase.of("reshape by a constant", n -> n.sd.reshape(n.in, n.integers("s", rows(n))))
            .maps(n -> n.nhwc ? 2 : 1, i -> i)
            .groups(OpCase.DENSE));
    cases.add(
        OpCase.of("reshape that shuffles", ShapeCases::shuffled)
            .maps(i -> i / 2)
            .groups("4 [c1] [c1_W[3], c1_b[0], end_W[2]]"));
    cases.add(
        OpCase.of("reshape by a computed shape", n -> n.sd.reshape(n.in, n.in.shape()))
            .refused("how many channels there are"));
    cases.add(
        OpCase.of("rank", n -> n.in.add(n.in.rank().castTo(n.in.dataType()).mul(0.0)))
            .refused("a cut channel is not constant"));
    cases.add(
        OpCase.of("flatten_2d", n -> new Flatten2D(n.sd, n.in, 1).outputVariable())
            .maps(1, i -> i / AREA)
            .groups(OpCase.DENSE)
            .nchw());
    cases.add(
        OpCase.of("expand_dims", n -> n.sd.expandDims(n.pooled(), 2))
            .maps(1, i -> i)
            .groups(OpCase.DENSE));
    cases.add(OpCase.of("squeeze", n -> n.sd.squeeze(n.sd.expandDims(n.in, 1), 1)));
    cases.add(
        OpCase.of("permute", n -> n.sd.permute(n.in, 0, 3, 2, 1))
            .maps(n -> n.nhwc ? 1 : 3, i -> i)
            .groups(OpCase.DENSE));
    cases.add(
        OpCase.of("transpose", n -> n.sd.transpose(n.sd.transpose(n.pooled())))
            .maps(1, i -> i)
            .groups(OpCase.DENSE));
    cases.add(
        OpCase.of("space_to_depth", n -> n.sd.cnn().spaceToDepth(n.in, 2, format(n)))
            .maps(i -> i % C));
    cases.add(
        OpCase.of("depth_to_space", n -> n.sd.cnn().depthToSpace(n.in, 2, format(n)))
            .maps(i -> i)
            .groups("2 [c1] [c1_W[3], c1_b[0], end_W[2]]"));
  }

  private static int[] rows(OpNet n) {
    return n.nhwc ? new int[] {-1, AREA, C} : new int[] {-1, C, AREA};
  }

  private static SDVariable shuffled(OpNet n) {
    int s = OpNet.SIDE;
    if (n.nhwc) {
      SDVariable parts = n.sd.permute(n.sd.reshape(n.in, -1, s, s, 2, C / 2), 0, 1, 2, 4, 3);
      return n.sd.reshape(parts, -1, s, s, C);
    }
    SDVariable parts = n.sd.permute(n.sd.reshape(n.in, -1, 2, C / 2, s, s), 0, 2, 1, 3, 4);
    return n.sd.reshape(parts, -1, C, s, s);
  }

  private static DataFormat format(OpNet n) {
    return n.nhwc ? DataFormat.NHWC : DataFormat.NCHW;
  }

  private static void joins(List<OpCase> cases) {
    cases.add(
        OpCase.of("concat of channels", n -> n.sd.concat(n.axis(), n.x, n.in))
            .maps(i -> i - 4 < 0 ? -1 : i - 4));
    cases.add(
        OpCase.of("concat along space", n -> n.sd.concat(n.space()[0], n.in, n.other()))
            .dead(Dead.ZERO, Dead.VARYING)
            .groups("8 [c1, c2] [c1_W[3], c1_b[0], c2_W[3], c2_b[0], end_W[2]]"));
    cases.add(
        OpCase.of("stack", n -> n.sd.stack(1, n.in, n.other()))
            .maps(n -> n.axis() + 1, i -> i)
            .dead(Dead.ZERO, Dead.VARYING)
            .groups("8 [c1, c2] [c1_W[3], c1_b[0], c2_W[3], c2_b[0], fc_W[0]]"));
    cases.add(
        OpCase.of(
                "unstack along space",
                n -> n.sd.math().mergeAdd(n.sd.unstack(n.in, n.space()[1], OpNet.SIDE)))
            .maps(n -> n.nhwc ? 2 : 1, i -> i)
            .groups(OpCase.DENSE));
    cases.add(
        OpCase.of("unstack of channels", n -> n.sd.unstack(n.in, n.axis(), C)[2])
            .maps(-1, i -> -1)
            .refused("takes it apart into single channels"));
  }

  private static void parts(List<OpCase> cases) {
    cases.add(
        OpCase.of("split", ShapeCases::halves)
            .maps(i -> i)
            .groups("4 [c1] [c1_W[3], c1_b[0], end_W[2]]"));
    cases.add(
        OpCase.of(
                "split_v",
                n -> {
                  SDVariable[] p = n.sd.splitV(n.in, n.integers("sizes", 3, 5), 2, n.axis());
                  return n.sd.concat(n.axis(), p[1], p[0]);
                })
            .maps(i -> (i + 3) % C)
            .untrainable()
            .groups("6 [c1] [c1_W[3], c1_b[0], end_W[2]]"));
    cases.add(
        OpCase.of("slice", n -> n.sd.slice(n.in, at(n, 2, 0), ends(n, 4, -1)))
            .maps(i -> i + 2)
            .groups(SLICED));
    cases.add(
        OpCase.of(
                "strided_slice",
                n ->
                    n.sd.stridedSlice(
                        n.in, longs(at(n, 2, 0)), longs(ends(n, 6, 1)), ones(), 1, 1, 0, 0, 0))
            .maps(i -> i + 2)
            .groups(SLICED));
    cases.add(
        OpCase.of("gather", n -> n.sd.gather(n.in, n.integers("picks", 5, 1, 1, 6), n.axis()))
            .maps(i -> new int[] {5, 1, 1, 6}[i])
            .groups(
                """
                5 [c1] [c1_W[3], c1_b[0]]
                3 [c1] [c1_W[3], c1_b[0], end_W[2], picks[0]]
                """));
    cases.add(OpCase.of("reverse", n -> n.sd.reverse(n.in, n.axis())).maps(i -> C - 1 - i));
  }

  private static SDVariable halves(OpNet n) {
    SDVariable[] parts = n.sd.split(n.in, 2, n.axis());
    return parts[0].add(parts[1]);
  }

  /** {@code value} at the channels' axis, {@code batch} at the first, elsewhere 0 or the side. */
  private static int[] at(OpNet n, int value, int batch) {
    int[] result = new int[4];
    result[0] = batch;
    result[n.axis()] = value;
    return result;
  }

  private static int[] ends(OpNet n, int value, int batch) {
    int[] result = {batch, OpNet.SIDE, OpNet.SIDE, OpNet.SIDE};
    result[n.axis()] = value;
    return result;
  }

  private static long[] longs(int... values) {
    return Arrays.stream(values).asLongStream().toArray();
  }

  private static long[] ones() {
    return new long[] {1, 1, 1, 1};
  }

  private static void repeats(List<OpCase> cases) {
    cases.add(
        OpCase.of("pad of channels", n -> n.sd.nn().pad(n.in, pads(n, n.axis(), 1, 2), 0))
            .maps(i -> i < 1 || i > C ? -1 : i - 1));
    cases.add(
        OpCase.of("pad of space", n -> n.sd.nn().pad(n.in, pads(n, n.space()[0], 1, 1), 0))
            .dead(Dead.ZERO, Dead.VARYING));
    cases.add(
        OpCase.of("tile of channels", n -> n.sd.tile(n.in, repeat(n.axis(), 2))).maps(i -> i % C));
    cases.add(OpCase.of("tile of space", n -> n.sd.tile(n.in, repeat(n.space()[0], 2))));
    cases.add(
        OpCase.of(
                "broadcast_to",
                n ->
                    new BroadcastTo(n.sd, n.pooledMap(), n.integers("s", spread(n)))
                        .outputVariable())
            .untrainable());
    cases.add(
        OpCase.of("tile to channels", n -> n.in.add(n.sd.tile(n.gate(), repeat(n.axis(), C))))
            .refused("a cut channel is not constant there"));
  }

  private static SDVariable pads(OpNet n, int axis, int before, int after) {
    int[][] pads = new int[4][2];
    pads[axis] = new int[] {before, after};
    return n.sd.constant("pads", Nd4j.createFromArray(pads));
  }

  private static int[] repeat(int axis, int times) {
    return IntStream.range(0, 4).map(d -> d == axis ? times : 1).toArray();
  }

  private static int[] spread(OpNet n) {
    return Arrays.stream(n.shape(3, C)).mapToInt(d -> (int) d).toArray();
  }
}
