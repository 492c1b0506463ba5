package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.StopGradient;
import org.nd4j.linalg.api.ops.impl.scalar.PRelu;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Mish;

/**
 * Ops of one value, element by element. Those that grow without bound or are not defined everywhere
 * read a bounded or positive form of it. Not here: sign, floor, ceil and round, where two values
 * that differ in the last bit may differ by one.
 */
final class ElementwiseKinds {
  private ElementwiseKinds() {}

  static List<LayerKind> all() {
    List<LayerKind> kinds = new ArrayList<>();
    kinds.add(LayerKind.same("relu", 8, t -> t.sd().nn().relu(t.x(), 0)));
    kinds.add(LayerKind.same("relu6", 1, t -> t.sd().nn().relu6(t.x(), 0)));
    kinds.add(LayerKind.same("leakyrelu", 1, t -> t.sd().nn().leakyRelu(t.x(), 0.2)));
    kinds.add(LayerKind.same("elu", 1, t -> t.sd().nn().elu(t.x())));
    kinds.add(LayerKind.same("selu", 1, t -> t.sd().nn().selu(t.x())));
    kinds.add(LayerKind.same("gelu", 1, t -> t.sd().nn().gelu(t.x())));
    kinds.add(LayerKind.same("precise_gelu", 1, t -> t.sd().nn().preciseGelu(t.x())));
    kinds.add(LayerKind.same("swish", 2, t -> t.sd().nn().swish(t.x())));
    kinds.add(
        LayerKind.same("mish", 1, t -> new Mish(t.sd(), t.x(), false).outputVariable())
            .untrainable());
    kinds.add(LayerKind.same("tanh", 1, t -> t.sd().math().tanh(t.x())));
    kinds.add(LayerKind.same("hardtanh", 1, t -> t.sd().nn().hardTanh(t.x())));
    kinds.add(LayerKind.same("softsign", 1, t -> t.sd().nn().softsign(t.x())));
    kinds.add(LayerKind.same("rectifiedtanh", 1, t -> t.sd().math().rectifiedTanh(t.x())));
    kinds.add(LayerKind.same("rationaltanh", 1, t -> t.sd().math().rationalTanh(t.x())));
    kinds.add(LayerKind.same("sigmoid", 2, t -> t.sd().nn().sigmoid(t.x())));
    kinds.add(LayerKind.same("hardsigmoid", 1, t -> t.sd().nn().hardSigmoid(t.x())));
    kinds.add(LayerKind.same("logsigmoid", 1, t -> t.sd().nn().logSigmoid(t.x())));
    kinds.add(LayerKind.same("softplus", 1, t -> t.sd().nn().softplus(t.x())));
    kinds.add(LayerKind.same("abs", 1, t -> t.sd().math().abs(t.x())));
    kinds.add(LayerKind.same("neg", 1, t -> t.sd().math().neg(t.x())));
    kinds.add(LayerKind.same("sin", 1, t -> t.sd().math().sin(t.x())));
    kinds.add(LayerKind.same("cos", 1, t -> t.sd().math().cos(t.x())));
    kinds.add(LayerKind.same("atan", 1, t -> t.sd().math().atan(t.x())));
    kinds.add(LayerKind.same("asinh", 1, t -> t.sd().math().asinh(t.x())));
    kinds.add(LayerKind.same("erf", 1, t -> t.sd().math().erf(t.x())));
    kinds.add(LayerKind.same("square", 1, t -> t.sd().math().square(bounded(t))));
    kinds.add(LayerKind.same("cube", 1, t -> t.sd().math().cube(bounded(t))));
    kinds.add(LayerKind.same("exp", 1, t -> t.sd().math().exp(bounded(t))));
    kinds.add(LayerKind.same("expm1", 1, t -> t.sd().math().expm1(bounded(t))));
    kinds.add(LayerKind.same("sinh", 1, t -> t.sd().math().sinh(bounded(t))));
    kinds.add(LayerKind.same("cosh", 1, t -> t.sd().math().cosh(bounded(t))));
    kinds.add(LayerKind.same("tan", 1, t -> t.sd().math().tan(bounded(t))));
    kinds.add(LayerKind.same("sqrt", 1, t -> t.sd().math().sqrt(positive(t))));
    kinds.add(LayerKind.same("rsqrt", 1, t -> t.sd().math().rsqrt(positive(t))));
    kinds.add(LayerKind.same("log", 1, t -> t.sd().math().log(positive(t))));
    kinds.add(LayerKind.same("log1p", 1, t -> t.sd().math().log1p(positive(t))));
    kinds.add(LayerKind.same("reciprocal", 1, t -> t.sd().math().reciprocal(positive(t))));
    kinds.add(LayerKind.same("identity", 1, t -> t.sd().identity(t.x())));
    kinds.add(
        LayerKind.same("stopgradient", 1, t -> new StopGradient(t.sd(), t.x()).outputVariable()));
    // to double and back: to float and back would round, and a last bit would become seven digits
    kinds.add(LayerKind.same("cast", 1, t -> t.x().castTo(DataType.DOUBLE).castTo(t.type())));
    kinds.add(LayerKind.same("dropout", 1, ElementwiseKinds::dropout).untrainable());
    kinds.add(scalar());
    kinds.add(LayerKind.same("prelu", 2, ElementwiseKinds::prelu));
    kinds.add(
        LayerKind.of(
                "prelu_shared",
                3,
                (r, in) -> Map.of(),
                (l, in) -> Optional.of(in.get(0)).filter(s -> s.rank() > 2),
                ElementwiseKinds::preluShared)
            .untrainable());
    return kinds;
  }

  private static SDVariable bounded(Site t) {
    return t.sd().math().tanh(t.x());
  }

  private static SDVariable positive(Site t) {
    return t.sd().math().abs(t.x()).add(0.5);
  }

  /**
   * Retains everything: ND4J draws in inference as well, and two runs could not be compared. Not in
   * double: ND4J declares the output FLOAT whatever the input is, and writes past the end of it.
   */
  private static SDVariable dropout(Site t) {
    return t.type() == DataType.FLOAT ? t.sd().nn().dropout(t.x(), 1) : t.sd().identity(t.x());
  }

  private static LayerKind scalar() {
    return LayerKind.of(
        "scalar",
        5,
        (r, in) -> new Draw(r).range("op", 0, 7).params(),
        (l, in) -> Optional.of(in.get(0)),
        t ->
            switch (t.get("op")) {
              case 0 -> t.x().add(0.7);
              case 1 -> t.x().sub(0.3);
              case 2 -> t.x().mul(1.3);
              case 3 -> t.x().div(1.7);
              case 4 -> t.x().rsub(0.4);
              case 5 -> positive(t).rdiv(0.6);
              case 6 -> t.sd().math().pow(positive(t), 1.5);
              default -> t.sd().nn().relu(t.x(), 0.1);
            });
  }

  private static SDVariable prelu(Site t) {
    // the factory method insists on a shared axis
    return new PRelu(t.sd(), t.x(), t.shift("alpha", alpha(t.shape()))).outputVariable();
  }

  private static SDVariable preluShared(Site t) {
    long[] shape = alpha(t.shape());
    for (int d : t.shape().spaceAxes()) {
      shape[d - 1] = 1;
    }
    return t.sd().nn().prelu(t.x(), t.shift("alpha", shape), t.shape().spaceAxes());
  }

  private static long[] alpha(Shape s) {
    return s.dims().stream().mapToLong(Integer::longValue).toArray();
  }
}
