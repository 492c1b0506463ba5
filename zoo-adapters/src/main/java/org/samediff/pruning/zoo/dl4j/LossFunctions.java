package org.samediff.pruning.zoo.dl4j;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.loss.LossReduce;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.StopGradient;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossBinaryXENT;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.linalg.lossfunctions.impl.LossNegativeLogLikelihood;

/**
 * Loss functions as scalars. DL4J sums over outputs and pixels and divides by the number of
 * examples; with {@code miniBatch(false)} by nothing.
 */
final class LossFunctions {
  /** Elementwise loss of labels y and predictions p, which have n outputs (axis 1). */
  private interface Form<T> {
    SDVariable of(T loss, SDVariable y, SDVariable p, long n);
  }

  private record Entry(
      Form<ILossFunction> form, Function<ILossFunction, @Nullable INDArray> weights) {}

  private static final Map<Class<?>, Entry> ENTRIES = new LinkedHashMap<>();

  static {
    add(LossMCXENT.class, (f, y, p, n) -> crossEntropy(y, p), LossMCXENT::getWeights);
    add(
        LossNegativeLogLikelihood.class,
        (f, y, p, n) -> crossEntropy(y, p),
        LossNegativeLogLikelihood::getWeights);
    add(LossBinaryXENT.class, LossFunctions::binaryCrossEntropy, LossBinaryXENT::getWeights);
    add(LossMSE.class, (f, y, p, n) -> squared(y, p).div(n), LossMSE::getWeights);
    add(LossL2.class, (f, y, p, n) -> squared(y, p), LossL2::getWeights);
    add(LossMAE.class, (f, y, p, n) -> absolute(y, p).div(n), LossMAE::getWeights);
    add(LossL1.class, (f, y, p, n) -> absolute(y, p), LossL1::getWeights);
  }

  private LossFunctions() {}

  /** The scalar; labels and predictions have the output's shape. */
  static SDVariable apply(ILossFunction loss, NodeContext node, SDVariable y, SDVariable p) {
    Entry entry = ENTRIES.get(loss.getClass());
    String name = loss.getClass().getSimpleName();
    if (entry == null) {
      throw node.unsupported(
          name,
          "has the loss "
              + name
              + "; supported are "
              + LayerConverters.names(ENTRIES.keySet())
              + ". Convert it for inference, or give the network another loss");
    }
    if (entry.weights().apply(loss) != null) {
      throw node.unsupported(name, "weighs the outputs in its loss, which is not supported");
    }
    Optional<SDVariable> logits = node.conversion().logits(p, ActivationSoftmax.class);
    if (loss instanceof LossMCXENT && logits.isPresent()) {
      return softmaxCrossEntropy(node, y, logits.get());
    }
    SDVariable each = entry.form().of(loss, y, p, channels(node.outputType()));
    SDVariable perExample = isImage(node) ? each.sum(1, 2, 3) : each.sum(1);
    return node.conversion().model().miniBatch() ? perExample.mean() : perExample.sum();
  }

  private static boolean isImage(NodeContext node) {
    return node.outputType() instanceof InputType.InputTypeConvolutional;
  }

  private static long channels(InputType type) {
    return type instanceof InputType.InputTypeConvolutional image
        ? image.getChannels()
        : type.arrayElementsPerExample();
  }

  /**
   * SameDiff's op, whose gradient p * sum(y) - y equals DL4J's p - y where labels sum to one. It
   * does not take a gradient from above, so that pixels per example enter as a weight.
   */
  private static SDVariable softmaxCrossEntropy(NodeContext node, SDVariable y, SDVariable z) {
    boolean average = node.conversion().model().miniBatch();
    LossReduce reduce = average ? LossReduce.MEAN_BY_NONZERO_WEIGHT_COUNT : LossReduce.SUM;
    if (!(node.outputType() instanceof InputType.InputTypeConvolutional image)) {
      return node.sd().loss().softmaxCrossEntropy("cross_entropy", y, z, null, reduce, 0);
    }
    SDVariable pixels =
        average ? node.number("pixels", image.getHeight() * image.getWidth()) : null;
    return node.sd()
        .loss()
        .softmaxCrossEntropy(
            "cross_entropy", perPixel(y, image), perPixel(z, image), pixels, reduce, 0);
  }

  private static SDVariable perPixel(SDVariable map, InputType.InputTypeConvolutional image) {
    return map.permute(0, 2, 3, 1).reshape(-1, image.getChannels());
  }

  private static SDVariable crossEntropy(SDVariable y, SDVariable p) {
    return y.mul(y.getSameDiff().math().log(p)).neg();
  }

  /** DL4J cuts p off at both ends, and lets the gradient through all the same. */
  private static SDVariable binaryCrossEntropy(
      LossBinaryXENT loss, SDVariable y, SDVariable p, long n) {
    SameDiff sd = p.getSameDiff();
    double eps = loss.getClipEps();
    SDVariable q = p;
    if (eps > 0) {
      SDVariable excess = sd.math().clipByValue(p, eps, 1 - eps).sub(p);
      q = p.add(new StopGradient(sd, excess).outputVariable());
    }
    SDVariable ones = y.mul(sd.math().log(q));
    SDVariable zeros = y.rsub(1.0).mul(sd.math().log(q.rsub(1.0)));
    return ones.add(zeros).neg();
  }

  private static SDVariable squared(SDVariable y, SDVariable p) {
    return p.getSameDiff().math().square(p.sub(y));
  }

  private static SDVariable absolute(SDVariable y, SDVariable p) {
    return p.getSameDiff().math().abs(p.sub(y));
  }

  @SuppressWarnings("unchecked") // the key is the class of what form and weights take
  private static <T extends ILossFunction> void add(
      Class<T> type, Form<T> form, Function<T, @Nullable INDArray> weights) {
    ENTRIES.put(
        type,
        new Entry(
            (Form<ILossFunction>) form, (Function<ILossFunction, @Nullable INDArray>) weights));
  }
}
