package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.StopGradient;
import org.nd4j.linalg.api.ops.impl.scalar.PRelu;
import org.nd4j.linalg.api.ops.impl.shape.ZerosLike;
import org.nd4j.linalg.api.ops.impl.transforms.IdentityN;
import org.nd4j.linalg.api.ops.impl.transforms.custom.ThresholdRelu;
import org.nd4j.linalg.api.ops.impl.transforms.same.OneMinus;
import org.nd4j.linalg.api.ops.impl.transforms.same.TimesOneMinus;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Mish;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Rint;
import org.nd4j.linalg.api.ops.random.custom.DistributionUniform;
import org.nd4j.linalg.api.ops.random.custom.RandomBernoulli;
import org.nd4j.linalg.api.ops.random.custom.RandomExponential;
import org.nd4j.linalg.api.ops.random.custom.RandomNormal;

/** Activations and other ops of one array, with numbers or without. */
final class ElementwiseCases {
  private ElementwiseCases() {}

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    keeping(cases);
    moving(cases);
    numbers(cases);
    // nothing here asks for the layout
    return cases.stream().map(c -> c.layouts().size() > 1 ? c.nchw() : c).toList();
  }

  private static OpCase op(String name, BiFunction<SameDiff, SDVariable, SDVariable> f) {
    return OpCase.of(name, n -> f.apply(n.sd, n.in));
  }

  private static void keeping(List<OpCase> cases) {
    cases.add(op("relu", (sd, x) -> sd.nn().relu(x, 0)));
    cases.add(op("relu6", (sd, x) -> sd.nn().relu6(x, 0)));
    cases.add(op("leakyrelu", (sd, x) -> sd.nn().leakyRelu(x, 0.2)));
    cases.add(op("elu", (sd, x) -> sd.nn().elu(x)));
    cases.add(op("selu", (sd, x) -> sd.nn().selu(x)));
    cases.add(op("gelu", (sd, x) -> sd.nn().gelu(x)));
    cases.add(op("precise_gelu", (sd, x) -> sd.nn().preciseGelu(x)));
    cases.add(op("swish", (sd, x) -> sd.nn().swish(x)));
    cases.add(op("mish", (sd, x) -> new Mish(sd, x, false).outputVariable()).untrainable());
    cases.add(op("tanh", (sd, x) -> sd.math().tanh(x)));
    cases.add(op("hardtanh", (sd, x) -> sd.nn().hardTanh(x)));
    cases.add(op("rational_tanh", (sd, x) -> sd.math().rationalTanh(x)));
    cases.add(op("rectified_tanh", (sd, x) -> sd.math().rectifiedTanh(x)));
    cases.add(op("softsign", (sd, x) -> sd.nn().softsign(x)));
    cases.add(op("thresholdedrelu", (sd, x) -> new ThresholdRelu(sd, x, 0.1).outputVariable()));
    cases.add(op("abs", (sd, x) -> sd.math().abs(x)));
    cases.add(op("neg", (sd, x) -> sd.math().neg(x)));
    cases.add(op("cube", (sd, x) -> sd.math().cube(x)));
    cases.add(op("square", (sd, x) -> sd.math().square(x)));
    cases.add(op("sqrt", (sd, x) -> sd.math().sqrt(sd.math().abs(x))));
    cases.add(op("sign", (sd, x) -> sd.math().sign(x)));
    cases.add(op("sin", (sd, x) -> sd.math().sin(x)));
    cases.add(op("tan", (sd, x) -> sd.math().tan(x.mul(0.2))));
    cases.add(op("asin", (sd, x) -> sd.math().asin(bounded(sd, x))));
    cases.add(op("atan", (sd, x) -> sd.math().atan(x)));
    cases.add(op("sinh", (sd, x) -> sd.math().sinh(x)));
    cases.add(op("asinh", (sd, x) -> sd.math().asinh(x)));
    cases.add(op("atanh", (sd, x) -> sd.math().atanh(bounded(sd, x))));
    cases.add(op("erf", (sd, x) -> sd.math().erf(x)));
    cases.add(op("expm1", (sd, x) -> sd.math().expm1(x)));
    cases.add(op("log1p", (sd, x) -> sd.math().log1p(sd.math().abs(x))));
    cases.add(op("floor", (sd, x) -> sd.math().floor(x)));
    cases.add(op("ceil", (sd, x) -> sd.math().ceil(x)));
    cases.add(op("round", (sd, x) -> sd.math().round(x)));
    cases.add(op("rint", (sd, x) -> new Rint(sd, x, false).outputVariable()).untrainable());
    cases.add(
        op("timesoneminus", (sd, x) -> new TimesOneMinus(sd, x, false).outputVariable())
            .untrainable());
    cases.add(op("identity", (sd, x) -> sd.identity(x)));
    cases.add(op("stop_gradient", (sd, x) -> new StopGradient(sd, x).outputVariable()));
    cases.add(op("cast", (sd, x) -> x.castTo(DataType.FLOAT).castTo(DataType.DOUBLE)));
    cases.add(op("zeroslike", (sd, x) -> x.add(new ZerosLike(sd, x).outputVariable())));
    cases.add(
        op("identity_n", (sd, x) -> new IdentityN(sd, new SDVariable[] {x}).outputVariables()[0]));
    cases.add(
        OpCase.of("prelu", n -> new PRelu(n.sd, n.in, n.var("a", slopes(n))).outputVariable())
            .groups("8 [c1] [a[C-1], c1_W[3], c1_b[0], end_W[2]]"));
    cases.add(
        OpCase.of("crelu of channels", n -> n.sd.nn().cReLU(n.in))
            .maps(i -> i % OpNet.CHANNELS)
            .nhwc());
    cases.add(
        OpCase.of("crelu of space", n -> n.sd.nn().cReLU(n.in))
            .dead(Dead.ZERO, Dead.VARYING)
            .nchw());
  }

  private static void moving(List<OpCase> cases) {
    BiFunction<String, UnaryOperator<SDVariable>, OpCase> moved =
        (name, f) -> OpCase.of(name, n -> f.apply(n.in)).dead(Dead.UNIFORM, Dead.UNIFORM);
    cases.add(moved.apply("sigmoid", x -> x.getSameDiff().nn().sigmoid(x)));
    cases.add(moved.apply("hard_sigmoid", x -> x.getSameDiff().nn().hardSigmoid(x)));
    cases.add(moved.apply("logsigmoid", x -> x.getSameDiff().nn().logSigmoid(x)));
    cases.add(moved.apply("softplus", x -> x.getSameDiff().nn().softplus(x)));
    cases.add(moved.apply("exp", x -> x.getSameDiff().math().exp(x.mul(0.2))));
    cases.add(moved.apply("cos", x -> x.getSameDiff().math().cos(x)));
    cases.add(moved.apply("cosh", x -> x.getSameDiff().math().cosh(x.mul(0.2))));
    cases.add(moved.apply("acos", x -> x.getSameDiff().math().acos(bounded(x.getSameDiff(), x))));
    cases.add(moved.apply("erfc", x -> x.getSameDiff().math().erfc(x)));
    cases.add(
        moved
            .apply("oneminus", x -> new OneMinus(x.getSameDiff(), x, false).outputVariable())
            .untrainable());
    cases.add(moved.apply("ones_as", x -> x.add(x.getSameDiff().onesLike(x))));
  }

  private static void numbers(List<OpCase> cases) {
    cases.add(op("add_scalar", (sd, x) -> x.add(0.7)).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("add_scalar of 0", (sd, x) -> x.add(0.0)));
    cases.add(op("sub_scalar", (sd, x) -> x.sub(0.7)).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("rsub_scalar", (sd, x) -> x.rsub(0.7)).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("mul_scalar", (sd, x) -> x.mul(0.7)));
    cases.add(op("div_scalar", (sd, x) -> x.div(0.7)));
    cases.add(op("max_scalar", (sd, x) -> sd.scalarMax(x, 0.7)).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("max_scalar of less than 0", (sd, x) -> sd.scalarMax(x, -0.7)));
    cases.add(op("scalar_min", (sd, x) -> sd.scalarMin(x, 0.7)));
    cases.add(
        op("scalar_min of less than 0", (sd, x) -> sd.scalarMin(x, -0.7))
            .dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("pow", (sd, x) -> sd.math().pow(x, 2)));
    cases.add(op("step", (sd, x) -> sd.math().step(x, 0.3)));
    cases.add(
        op("relu above 0.1", (sd, x) -> sd.nn().relu(x, 0.1)).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("ClipByValue", (sd, x) -> sd.math().clipByValue(x, -0.3, 0.3)));
    cases.add(
        op("ClipByValue above 0", (sd, x) -> sd.math().clipByValue(x, 0.1, 0.6))
            .dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("rdiv_scalar", (sd, x) -> x.add(1.5).rdiv(0.7)).dead(Dead.UNIFORM, Dead.UNIFORM));
    // not defined at zero: read a form of the map that is not zero
    cases.add(op("rsqrt", (sd, x) -> sd.math().rsqrt(x.add(1.5))).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(
        op("Reciprocal", (sd, x) -> sd.math().reciprocal(x.add(1.5)))
            .dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("log", (sd, x) -> sd.math().log(x.add(1.5))).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(
        op("log_x", (sd, x) -> sd.math().log(x.add(1.5), 3)).dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(op("acosh", (sd, x) -> sd.math().acosh(x.add(2.5))).dead(Dead.UNIFORM, Dead.UNIFORM));
    // retains everything: ND4J draws in inference as well
    draws(cases);
    cases.add(op("dropout", ElementwiseCases::dropout).dead(Dead.ZERO, Dead.VARYING).untrainable());
  }

  /** ND4J declares the result as FLOAT. */
  /** Numbers drawn in the map's shape, times zero plus one, so that runs can be compared. */
  private static void draws(List<OpCase> cases) {
    draw(cases, "random_bernoulli", (sd, shape) -> new RandomBernoulli(sd, shape, 0.5));
    draw(cases, "randomuniform", (sd, shape) -> new DistributionUniform(sd, shape, 0, 1));
    draw(cases, "randomnormal", (sd, shape) -> new RandomNormal(sd, shape, 0, 1));
    draw(cases, "random_exponential", (sd, shape) -> new RandomExponential(sd, shape, 1));
  }

  private static void draw(
      List<OpCase> cases, String name, BiFunction<SameDiff, SDVariable, DynamicCustomOp> draw) {
    cases.add(
        op(
                name,
                (sd, x) -> {
                  SDVariable drawn = draw.apply(sd, sd.shape(x)).outputVariable();
                  return x.mul(drawn.castTo(DataType.DOUBLE).mul(0).add(1));
                })
            .dead(Dead.ZERO, Dead.VARYING));
  }

  private static SDVariable dropout(SameDiff sd, SDVariable x) {
    return sd.nn().dropout(x.castTo(DataType.FLOAT), 1).castTo(DataType.DOUBLE);
  }

  private static SDVariable bounded(SameDiff sd, SDVariable x) {
    return sd.math().tanh(x).mul(0.9);
  }

  private static long[] slopes(OpNet n) {
    long[] shape = n.shape(1, OpNet.CHANNELS);
    return Arrays.copyOfRange(shape, 1, shape.length);
  }
}
