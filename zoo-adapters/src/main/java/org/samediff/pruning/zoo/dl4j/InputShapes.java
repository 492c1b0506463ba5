package org.samediff.pruning.zoo.dl4j;

import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/** The shapes of a network's inputs: from the options, else from the first layers. */
record InputShapes(NetworkModel model, ConversionOptions options) {
  Map<String, InputType> types() {
    options.inputShapes().keySet().forEach(this::requireInput);
    Map<String, InputType> types = new LinkedHashMap<>();
    for (String input : model.inputs()) {
      long[] shape = options.inputShapes().get(input);
      types.put(input, shape == null ? told(input) : typeOf(shape));
    }
    return types;
  }

  private void requireInput(String name) {
    if (!model.inputs().contains(name)) {
      throw new PruningException(
          Code.BAD_OPTION,
          "a shape is given for \"" + name + "\"; the network's inputs are " + model.inputs());
    }
  }

  private static InputType typeOf(long[] shape) {
    return shape.length == 1
        ? InputType.feedForward(shape[0])
        : InputType.convolutional(shape[1], shape[2], shape[0]);
  }

  private InputType told(String input) {
    String channels = "channels";
    for (NetworkNode node : model.nodes()) {
      if (node.inputs().contains(input)) {
        if (node.preProcessor().orElse(null) instanceof FeedForwardToCnnPreProcessor image) {
          return InputType.feedForward(
              image.getNumChannels() * image.getInputHeight() * image.getInputWidth());
        }
        if (node.preProcessor().isEmpty() && node.configuration() instanceof DenseLayer dense) {
          return InputType.feedForward(dense.getNIn());
        }
        if (node.preProcessor().isEmpty() && node.configuration() instanceof OutputLayer output) {
          return InputType.feedForward(output.getNIn());
        }
        if (node.configuration() instanceof ConvolutionLayer conv) {
          channels = Long.toString(conv.getNIn());
        }
      }
    }
    throw new PruningException(
        Code.BAD_OPTION,
        "the configuration does not tell the shape of input \""
            + input
            + "\"; give it with ConversionOptions.withInputShape(\""
            + input
            + "\", "
            + channels
            + ", height, width)");
  }
}
