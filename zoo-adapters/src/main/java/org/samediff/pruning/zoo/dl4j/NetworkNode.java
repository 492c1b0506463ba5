package org.samediff.pruning.zoo.dl4j;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One layer or vertex.
 *
 * @param configuration a layer's or a graph vertex's configuration, out of its frozen wrapper
 * @param preProcessor what a layer does to its input first
 * @param inputs names of network inputs and other nodes
 * @param parameters the network's own arrays by DL4J's keys; empty for a vertex
 * @param freeze whether and how it is kept from training
 */
record NetworkNode(
    String name,
    Object configuration,
    Optional<InputPreProcessor> preProcessor,
    List<String> inputs,
    Map<String, INDArray> parameters,
    Freeze freeze) {
  /** DL4J's ways of keeping a layer as it is; both run it in inference mode. */
  enum Freeze {
    NONE,
    /** Nothing below it is trained either. */
    NO_GRADIENT_BELOW,
    GRADIENT_BELOW
  }

  boolean frozen() {
    return freeze != Freeze.NONE;
  }

  String type() {
    return configuration.getClass().getSimpleName();
  }
}
