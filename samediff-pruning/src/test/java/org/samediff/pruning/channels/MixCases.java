package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.api.ops.impl.shape.MergeSum;
import org.nd4j.linalg.api.ops.impl.transforms.pairwise.arithmetic.RealDivOp;

/** Ops of two arrays or more, biases and matrix products. */
final class MixCases {
  /** c1 and c2 live or die together. */
  private static final String TIED = "8 [c1, c2] [c1_W[3], c1_b[0], c2_W[3], c2_b[0], end_W[2]]";

  /** c1 with a vector over its channels. */
  private static final String WITH_VECTOR = "8 [c1] [c1_W[3], c1_b[0], end_W[2], v[%s]]";

  private MixCases() {}

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    binary(cases);
    cases.add(merge("mergeadd", (a, b) -> a.getSameDiff().math().mergeAdd(a, b)));
    cases.add(merge("mergemax", (a, b) -> a.getSameDiff().math().mergeMax(a, b)));
    cases.add(merge("mergeavg", (a, b) -> a.getSameDiff().math().mergeAvg(a, b)));
    cases.add(
        merge("mergesum", (a, b) -> new MergeSum(a.getSameDiff(), a, b).outputVariable())
            .untrainable());
    cases.add(
        OpCase.of("biasadd", n -> n.sd.nn().biasAdd(n.in, n.var("v", OpNet.CHANNELS), !n.nhwc))
            .groups(WITH_VECTOR.formatted("0")));
    matrices(cases);
    return cases;
  }

  private static OpCase merge(String op, BinaryOperator<SDVariable> f) {
    return OpCase.of(op, n -> f.apply(n.in, n.other())).groups(TIED);
  }

  private static void binary(List<OpCase> cases) {
    pair(cases, "add", SDVariable::add, Dead.ZERO);
    pair(cases, "subtract", SDVariable::sub, Dead.ZERO);
    pair(cases, "reversesubtract", SDVariable::rsub, Dead.ZERO);
    pair(cases, "multiply", SDVariable::mul, Dead.ZERO);
    pair(cases, "maximum", (a, b) -> a.getSameDiff().max(a, b), Dead.ZERO);
    pair(cases, "minimum", (a, b) -> a.getSameDiff().min(a, b), Dead.ZERO);
    pair(
        cases,
        "squaredsubtract",
        (a, b) -> a.getSameDiff().math().squaredDifference(a, b),
        Dead.ZERO);
    pair(cases, "divide", (a, b) -> a.div(b.add(0.5)), Dead.ZERO);
    pair(cases, "realdiv", MixCases::realQuotient, Dead.ZERO);
    pair(cases, "reversedivide", (a, b) -> b.add(0.5).rdiv(a), Dead.ZERO);
    cases.add(
        OpCase.of("add of a constant", n -> n.in.add(n.positive("v", n.vector(OpNet.CHANNELS))))
            .dead(Dead.UNIFORM, Dead.UNIFORM)
            .groups("8 [c1] [c1_W[3], c1_b[0], end_W[2], v[C]]"));
    cases.add(OpCase.of("multiply by a gate", n -> n.in.mul(n.sd.nn().sigmoid(n.pooledMap()))));
    cases.add(
        OpCase.of("multiply by a gate with one channel", n -> n.in.mul(n.sd.nn().sigmoid(n.gate())))
            .dead(Dead.ZERO, Dead.VARYING)
            .groups("8 [c1] [c1_W[3], c1_b[0], end_W[2]]"));
    cases.add(
        OpCase.of("add of one channel", n -> n.in.add(n.gate()))
            .dead(Dead.VARYING, Dead.VARYING)
            .refused("a cut channel is not constant"));
    cases.add(
        OpCase.of("add of the input", n -> n.conv("c3", n.in, 8, 4).add(n.x))
            .maps(i -> -1)
            .groups("8 [c1] [c1_W[3], c1_b[0], c3_W[2]]")
            .dead(Dead.VARYING, Dead.VARYING));
  }

  private static SDVariable realQuotient(SDVariable a, SDVariable b) {
    SDVariable[] operands = {a, b.add(0.5)};
    return new RealDivOp(a.getSameDiff(), operands, false).outputVariable();
  }

  /** The op of two maps, and of a map and a trainable vector over its channels. */
  private static void pair(
      List<OpCase> cases, String op, BinaryOperator<SDVariable> f, Dead ofZero) {
    boolean gate = op.equals("multiply");
    cases.add(
        OpCase.of(op, n -> f.apply(n.in, n.other()))
            .groups(TIED)
            .dead(ofZero, op.equals("multiply") ? Dead.ZERO : Dead.UNIFORM));
    cases.add(
        OpCase.of(op + " with a vector", n -> f.apply(n.in, n.var("v", n.vector(OpNet.CHANNELS))))
            .groups(WITH_VECTOR.formatted("C"))
            .dead(ofZero, gate ? Dead.ZERO : Dead.UNIFORM));
  }

  private static void matrices(List<OpCase> cases) {
    for (int flags = 0; flags < 4; flags++) {
      boolean tx = (flags & 1) != 0;
      boolean tw = (flags & 2) != 0;
      String name = "matmul" + (tx ? ", x transposed" : "") + (tw ? ", W transposed" : "");
      cases.add(
          OpCase.of(name, n -> product(n, tx, tw))
              .maps(-1, i -> -1)
              .dead(Dead.ZERO, Dead.ZERO)
              .groups("8 [c1] [c1_W[3], c1_b[0], op_W[%d]]".formatted(tw ? 1 : 0)));
    }
    cases.add(
        OpCase.of("matmul, W on the left", MixCases::left)
            .maps(-1, i -> -1)
            .dead(Dead.ZERO, Dead.ZERO)
            .groups("8 [c1] [c1_W[3], c1_b[0], op_W[1]]"));
    cases.add(
        OpCase.of(
                "xw_plus_b",
                n ->
                    n.sd
                        .nn()
                        .linear(n.pooled(), n.var("op_W", OpNet.CHANNELS, 5), n.var("op_b", 5)))
            .maps(-1, i -> -1)
            .dead(Dead.ZERO, Dead.ZERO)
            .groups("8 [c1] [c1_W[3], c1_b[0], op_W[0]]"));
  }

  private static SDVariable product(OpNet n, boolean tx, boolean tw) {
    SDVariable x = tx ? n.sd.permute(n.pooled(), 1, 0) : n.pooled();
    SDVariable w = tw ? n.var("op_W", 5, OpNet.CHANNELS) : n.var("op_W", OpNet.CHANNELS, 5);
    return new Mmul(n.sd, x, w, tx, tw, false).outputVariable();
  }

  private static SDVariable left(OpNet n) {
    SDVariable w = n.var("op_W", 5, OpNet.CHANNELS);
    return n.sd.permute(new Mmul(n.sd, w, n.pooled(), false, true, false).outputVariable(), 1, 0);
  }
}
