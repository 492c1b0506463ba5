package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.ComposableInputPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.nd4j.autodiff.samediff.SDVariable;

/** What stands before a layer to change the shape of its input. */
final class PreProcessors {
  private PreProcessors() {}

  /** The input as the layer takes it; x itself if it has that shape already. */
  static SDVariable apply(
      InputPreProcessor preProcessor, NodeContext node, SDVariable x, InputType type) {
    if (preProcessor instanceof CnnToFeedForwardPreProcessor flatten) {
      node.requireNchw(flatten.getFormat());
      return type instanceof InputType.InputTypeConvolutional
          ? x.reshape(-1, type.arrayElementsPerExample())
          : x;
    }
    if (preProcessor instanceof FeedForwardToCnnPreProcessor image) {
      return type instanceof InputType.InputTypeConvolutional
          ? x
          : x.reshape(-1, image.getNumChannels(), image.getInputHeight(), image.getInputWidth());
    }
    if (preProcessor instanceof ComposableInputPreProcessor composed) {
      SDVariable y = x;
      InputType yType = type;
      for (InputPreProcessor each : composed.getInputPreProcessors()) {
        y = apply(each, node, y, yType);
        yType = each.getOutputType(yType);
      }
      return y;
    }
    throw node.unsupported(
        preProcessor.getClass().getSimpleName(),
        "has the preprocessor "
            + preProcessor.getClass().getSimpleName()
            + "; supported are CnnToFeedForwardPreProcessor, FeedForwardToCnnPreProcessor and"
            + " ComposableInputPreProcessor");
  }
}
