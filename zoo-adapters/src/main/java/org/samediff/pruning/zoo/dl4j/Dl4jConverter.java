package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Makes SameDiff graphs of Deeplearning4j networks: the same function, and where the network can be
 * trained, the same training step.
 *
 * <pre>{@code
 * ConvertedNetwork net = Dl4jConverter.convert(VGG16.builder().numClasses(10).build().init(),
 *     ConversionOptions.defaults().withInputShape("in", 3, 224, 224));
 * net.graph().fit(iterator, epochs);
 * }</pre>
 *
 * <p>Images are NCHW. Weights are copied, convolutions' permuted to {@code [kH, kW, in, out]}; the
 * data type is the network's. Networks are only read. Thread safe, as long as nobody trains the
 * network meanwhile.
 *
 * <p>A training step of the graph equals the network's: loss and its reduction, batch norm with
 * batch statistics and running averages, dropout, updater, schedule, L1, L2 and weight decay on
 * weights only, frozen layers. Updater state starts afresh. The graph trains with {@link
 * org.samediff.pruning.layers.FastGradients}. After {@code SameDiff.load} call {@code
 * BatchNormalization.keepRunningAverages(sd)} before training on: files hold no listeners.
 */
public final class Dl4jConverter {
  private Dl4jConverter() {}

  /** {@link #convert(ComputationGraph, ConversionOptions)} with the defaults. */
  public static ConvertedNetwork convert(ComputationGraph net) {
    return convert(net, ConversionOptions.defaults());
  }

  /**
   * Converts a graph network.
   *
   * @param net initialised
   * @throws UnsupportedNetworkException for a layer, vertex or setting without a counterpart
   * @throws org.samediff.pruning.error.PruningException BAD_OPTION for an input shape that is
   *     missing, unknown or does not fit
   */
  public static ConvertedNetwork convert(ComputationGraph net, ConversionOptions options) {
    return new NetworkConversion(NetworkModel.of(net), options).run();
  }

  /** {@link #convert(MultiLayerNetwork, ConversionOptions)} with the defaults. */
  public static ConvertedNetwork convert(MultiLayerNetwork net) {
    return convert(net, ConversionOptions.defaults());
  }

  /**
   * Converts a chain of layers; its input is called "input", a layer without a name "layer" and its
   * index.
   *
   * @param net initialised
   * @throws UnsupportedNetworkException for a layer or setting without a counterpart
   * @throws org.samediff.pruning.error.PruningException BAD_OPTION for an input shape that is
   *     missing, unknown or does not fit
   */
  public static ConvertedNetwork convert(MultiLayerNetwork net, ConversionOptions options) {
    return new NetworkConversion(NetworkModel.of(net), options).run();
  }
}
