package org.samediff.pruning.zoo.dl4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.error.PruningException;

/**
 * What a converter sees of its layer, and what it builds with. Everything it names is put under the
 * layer's name.
 */
final class NodeContext {
  private final NetworkConversion conversion;
  private final NetworkNode node;
  private final List<SDVariable> inputs;
  private final List<InputType> inputTypes;
  private final InputType outputType;
  private final List<String> stored = new ArrayList<>();

  NodeContext(
      NetworkConversion conversion,
      NetworkNode node,
      List<SDVariable> inputs,
      List<InputType> inputTypes,
      InputType outputType) {
    this.conversion = conversion;
    this.node = node;
    this.inputs = inputs;
    this.inputTypes = inputTypes;
    this.outputType = outputType;
  }

  SameDiff sd() {
    return conversion.sd();
  }

  NetworkConversion conversion() {
    return conversion;
  }

  NetworkNode node() {
    return node;
  }

  String name() {
    return node.name();
  }

  String name(String part) {
    return node.name() + "/" + part;
  }

  DataType dataType() {
    return conversion.model().dataType();
  }

  /** The first input, behind the preprocessor. */
  SDVariable x() {
    return inputs.get(0);
  }

  List<SDVariable> inputs() {
    return inputs;
  }

  InputType type() {
    return inputTypes.get(0);
  }

  InputType outputType() {
    return outputType;
  }

  /** The input as an image. */
  InputType.InputTypeConvolutional image() {
    if (type() instanceof InputType.InputTypeConvolutional image) {
      requireNchw(image.getFormat());
      return image;
    }
    throw unsupported("needs images as input, not " + type());
  }

  /** Whether batch statistics and dropout are for this layer while the graph trains. */
  boolean trains() {
    return conversion.options().trainable() && !node.frozen();
  }

  boolean hasParameter(String key) {
    return node.parameters().containsKey(key);
  }

  /** One of the network's own arrays; to be copied. */
  INDArray array(String key) {
    return node.parameters().get(key);
  }

  /** A parameter as it is. */
  SDVariable parameter(String key) {
    return parameter(key, array(key).dup('c'));
  }

  /** A parameter: a variable, or a constant where DL4J would not train it. */
  SDVariable parameter(String part, INDArray copy) {
    stored.add(name(part));
    return conversion.isTrained(node)
        ? sd().var(name(part), copy)
        : sd().constant(name(part), copy);
  }

  /** An array that belongs to the layer and is never trained. */
  SDVariable constant(String part, INDArray array) {
    stored.add(name(part));
    return sd().constant(name(part), array);
  }

  /** A number in the network's data type. */
  SDVariable number(String part, double value) {
    return sd().constant(name(part), Nd4j.scalar(dataType(), value));
  }

  /** Notes an array that was added by other means. */
  void stored(String part) {
    stored.add(name(part));
  }

  List<String> stored() {
    return stored;
  }

  void requireNchw(CNN2DFormat format) {
    if (format != CNN2DFormat.NCHW) {
      throw unsupported(
          "has the format " + format + "; SameDiff 1.0.0-M2.1 trains NCHW only, rebuild it so");
    }
  }

  /** Refuses a setting. */
  void require(boolean expressible, Supplier<String> otherwise) {
    if (!expressible) {
      throw unsupported(otherwise.get());
    }
  }

  /** "layer "x" (Class) ..." */
  UnsupportedNetworkException unsupported(String what) {
    return unsupported(node.type(), what);
  }

  UnsupportedNetworkException unsupported(String type, String what) {
    return new UnsupportedNetworkException(name(), type, title() + " " + what);
  }

  PruningException badInput(String what) {
    return new PruningException(PruningException.Code.BAD_OPTION, title() + " " + what);
  }

  private String title() {
    return String.format(Locale.ROOT, "layer \"%s\" (%s)", name(), node.type());
  }
}
