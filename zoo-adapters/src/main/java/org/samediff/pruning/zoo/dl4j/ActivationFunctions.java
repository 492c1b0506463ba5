package org.samediff.pruning.zoo.dl4j;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationCube;
import org.nd4j.linalg.activations.impl.ActivationELU;
import org.nd4j.linalg.activations.impl.ActivationGELU;
import org.nd4j.linalg.activations.impl.ActivationHardSigmoid;
import org.nd4j.linalg.activations.impl.ActivationHardTanH;
import org.nd4j.linalg.activations.impl.ActivationIdentity;
import org.nd4j.linalg.activations.impl.ActivationLReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU;
import org.nd4j.linalg.activations.impl.ActivationReLU6;
import org.nd4j.linalg.activations.impl.ActivationSELU;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftPlus;
import org.nd4j.linalg.activations.impl.ActivationSoftSign;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.activations.impl.ActivationSwish;
import org.nd4j.linalg.activations.impl.ActivationTanH;

/** The table of contents of the activation functions. */
final class ActivationFunctions {
  private interface Form<T> {
    SDVariable of(T activation, NodeContext node, SDVariable z);
  }

  private static final Map<Class<?>, Form<IActivation>> FORMS = new LinkedHashMap<>();

  static {
    add(ActivationIdentity.class, (f, node, z) -> z);
    add(ActivationReLU.class, ActivationFunctions::relu);
    add(ActivationReLU6.class, (f, node, z) -> node.sd().nn().relu6(z, 0));
    add(ActivationLReLU.class, (f, node, z) -> node.sd().nn().leakyRelu(z, f.getAlpha()));
    add(ActivationELU.class, ActivationFunctions::elu);
    add(ActivationSELU.class, (f, node, z) -> node.sd().nn().selu(z));
    add(ActivationGELU.class, ActivationFunctions::gelu);
    add(ActivationSigmoid.class, (f, node, z) -> node.sd().nn().sigmoid(z));
    add(ActivationHardSigmoid.class, (f, node, z) -> node.sd().nn().hardSigmoid(z));
    add(ActivationTanH.class, (f, node, z) -> node.sd().nn().tanh(z));
    add(ActivationHardTanH.class, (f, node, z) -> node.sd().nn().hardTanh(z));
    add(ActivationSoftmax.class, (f, node, z) -> node.sd().nn().softmax(z, -1));
    add(ActivationSoftPlus.class, (f, node, z) -> node.sd().nn().softplus(z));
    add(ActivationSoftSign.class, (f, node, z) -> node.sd().nn().softsign(z));
    add(ActivationSwish.class, (f, node, z) -> node.sd().nn().swish(z));
    add(ActivationCube.class, (f, node, z) -> node.sd().math().cube(z));
  }

  private ActivationFunctions() {}

  /** The function of z, which may be z itself. */
  static SDVariable apply(IActivation activation, NodeContext node, SDVariable z) {
    Form<IActivation> form = FORMS.get(activation.getClass());
    if (form == null) {
      throw node.unsupported(
          activation.getClass().getSimpleName(),
          "has the activation function "
              + activation.getClass().getSimpleName()
              + "; supported are "
              + LayerConverters.names(FORMS.keySet()));
    }
    SDVariable y = form.of(activation, node, z);
    if (y != z) {
      node.conversion().isActivationOf(y, activation, z);
    }
    return y;
  }

  private static SDVariable relu(ActivationReLU f, NodeContext node, SDVariable z) {
    node.require(
        isNullOr(0, f.getThreshold()),
        () -> "has a rectifier with threshold " + f.getThreshold() + "; only 0 is supported");
    SDVariable y =
        isNullOr(0, f.getNegativeSlope())
            ? node.sd().nn().relu(z, 0)
            : node.sd().nn().leakyRelu(z, f.getNegativeSlope());
    return f.getMax() == null ? y : node.sd().math().min(y, node.number("max", f.getMax()));
  }

  private static boolean isNullOr(double expected, Double value) {
    return value == null || value == expected;
  }

  private static SDVariable elu(ActivationELU f, NodeContext node, SDVariable z) {
    node.require(
        f.getAlpha() == 1.0, () -> "has an ELU with alpha " + f.getAlpha() + "; SameDiff has 1");
    return node.sd().nn().elu(z);
  }

  private static SDVariable gelu(ActivationGELU f, NodeContext node, SDVariable z) {
    return f.isPrecise() ? node.sd().nn().preciseGelu(z) : node.sd().nn().gelu(z);
  }

  @SuppressWarnings("unchecked") // the key is the class of what the form takes
  private static <T extends IActivation> void add(Class<T> type, Form<T> form) {
    FORMS.put(type, (Form<IActivation>) form);
  }
}
