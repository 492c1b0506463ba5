package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.ILossFunction;

/** Dense, activation, output and loss layers. */
final class DenseLayers {
  private DenseLayers() {}

  static SDVariable dense(DenseLayer layer, NodeContext node) {
    node.require(!layer.isHasLayerNorm(), () -> "has layer normalisation, which is not supported");
    return ActivationFunctions.apply(layer.getActivationFn(), node, product(layer, node));
  }

  static SDVariable activation(ActivationLayer layer, NodeContext node) {
    return ActivationFunctions.apply(layer.getActivationFn(), node, node.x());
  }

  static SDVariable output(OutputLayer layer, NodeContext node) {
    SDVariable z = product(layer, node);
    SDVariable y = ActivationFunctions.apply(layer.getActivationFn(), node, z);
    addLoss(layer.getLossFn(), node, y);
    return y;
  }

  static SDVariable loss(LossLayer layer, NodeContext node) {
    SDVariable y = ActivationFunctions.apply(layer.getActivationFn(), node, node.x());
    addLoss(layer.getLossFn(), node, y);
    return y;
  }

  /** One example per pixel: a softmax goes over the channels. */
  static SDVariable cnnLoss(CnnLossLayer layer, NodeContext node) {
    node.requireNchw(layer.getFormat());
    SDVariable y = perPixel(layer.getActivationFn(), node, node.x());
    addLoss(layer.getLossFn(), node, y);
    return y;
  }

  private static SDVariable perPixel(IActivation activation, NodeContext node, SDVariable z) {
    if (!(activation instanceof ActivationSoftmax)) {
      return ActivationFunctions.apply(activation, node, z);
    }
    InputType.InputTypeConvolutional image = node.image();
    SDVariable pixels = z.permute(0, 2, 3, 1).reshape(-1, image.getChannels());
    SDVariable y =
        node.sd()
            .nn()
            .softmax(pixels, -1)
            .reshape(-1, image.getHeight(), image.getWidth(), image.getChannels())
            .permute(0, 3, 1, 2);
    node.conversion().isActivationOf(y, activation, z);
    return y;
  }

  private static void addLoss(ILossFunction loss, NodeContext node, SDVariable predictions) {
    node.conversion()
        .addLoss(
            node,
            node.outputType(),
            labels -> LossFunctions.apply(loss, node, labels, predictions));
  }

  /** Weights {@code [in, out]}. */
  static SDVariable product(FeedForwardLayer layer, NodeContext node) {
    long length = node.type().arrayElementsPerExample();
    if (node.type() instanceof InputType.InputTypeConvolutional || length != layer.getNIn()) {
      throw node.badInput(
          "takes "
              + layer.getNIn()
              + " numbers per example and gets "
              + length
              + "; the network was built for another input shape");
    }
    SDVariable x = Dropouts.apply(layer.getIDropout(), node, node.x());
    SDVariable z = x.mmul(node.parameter("W"));
    return node.hasParameter("b") ? z.add(node.parameter("b", bias(node))) : z;
  }

  private static INDArray bias(NodeContext node) {
    return node.array("b").reshape(node.array("b").length()).dup('c');
  }
}
