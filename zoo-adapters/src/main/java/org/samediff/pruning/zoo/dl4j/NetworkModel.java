package org.samediff.pruning.zoo.dl4j;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.FrozenVertex;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.zoo.dl4j.NetworkNode.Freeze;

/**
 * What the two kinds of DL4J networks have in common.
 *
 * @param inputs names, in the network's order
 * @param outputs names of nodes, in the network's order
 * @param nodes inputs before their users
 * @param defaults settings of the network as a whole: mini-batch averaging, iteration counts
 * @param iteration updates done so far
 * @param epoch epochs done so far
 */
record NetworkModel(
    List<String> inputs,
    List<String> outputs,
    List<NetworkNode> nodes,
    DataType dataType,
    NeuralNetConfiguration defaults,
    int iteration,
    int epoch) {

  static NetworkModel of(ComputationGraph net) {
    ComputationGraphConfiguration conf = net.getConfiguration();
    List<NetworkNode> nodes = new ArrayList<>();
    for (int index : net.topologicalSortOrder()) {
      String name = net.getVertices()[index].getVertexName();
      GraphVertex vertex = conf.getVertices().get(name);
      if (vertex == null) {
        continue; // a network input
      }
      List<String> inputs = conf.getVertexInputs().get(name);
      if (vertex instanceof LayerVertex layer) {
        nodes.add(
            layer(
                name,
                layer.getLayerConf().getLayer(),
                layer.getPreProcessor(),
                inputs,
                net.getLayer(name).paramTable()));
      } else if (vertex instanceof FrozenVertex frozen) {
        nodes.add(vertex(name, frozen.getUnderlying(), inputs, Freeze.NO_GRADIENT_BELOW));
      } else {
        nodes.add(vertex(name, vertex, inputs, Freeze.NONE));
      }
    }
    return new NetworkModel(
        conf.getNetworkInputs(),
        conf.getNetworkOutputs(),
        nodes,
        net.params().dataType(),
        net.conf(),
        conf.getIterationCount(),
        conf.getEpochCount());
  }

  static NetworkModel of(MultiLayerNetwork net) {
    MultiLayerConfiguration conf = net.getLayerWiseConfigurations();
    List<NetworkNode> nodes = new ArrayList<>();
    String previous = "input";
    for (int i = 0; i < net.getnLayers(); i++) {
      Layer layer = conf.getConf(i).getLayer();
      String given = layer.getLayerName();
      String name = given == null || given.isEmpty() ? "layer" + i : given;
      nodes.add(
          layer(
              name,
              layer,
              conf.getInputPreProcess(i),
              List.of(previous),
              net.getLayer(i).paramTable()));
      previous = name;
    }
    return new NetworkModel(
        List.of("input"),
        List.of(previous),
        nodes,
        net.params().dataType(),
        net.conf(),
        conf.getIterationCount(),
        conf.getEpochCount());
  }

  private static NetworkNode layer(
      String name,
      Layer layer,
      InputPreProcessor preProcessor,
      List<String> inputs,
      Map<String, INDArray> parameters) {
    Layer inner = layer;
    Freeze freeze = Freeze.NONE;
    if (layer instanceof FrozenLayer frozen) {
      inner = frozen.getLayer();
      freeze = Freeze.NO_GRADIENT_BELOW;
    } else if (layer instanceof FrozenLayerWithBackprop frozen) {
      inner = frozen.getUnderlying();
      freeze = Freeze.GRADIENT_BELOW;
    }
    Map<String, INDArray> table = new LinkedHashMap<>(parameters == null ? Map.of() : parameters);
    return new NetworkNode(
        name, inner, Optional.ofNullable(preProcessor), List.copyOf(inputs), table, freeze);
  }

  private static NetworkNode vertex(
      String name, GraphVertex vertex, List<String> inputs, Freeze freeze) {
    return new NetworkNode(name, vertex, Optional.empty(), List.copyOf(inputs), Map.of(), freeze);
  }

  /** Whether gradients are divided by the number of examples. */
  boolean miniBatch() {
    return defaults.isMiniBatch();
  }

  /** Names of the nodes that DL4J's backward pass reaches and does not hold frozen. */
  Set<String> trained() {
    Set<String> reached = new HashSet<>(outputs);
    Set<String> trained = new HashSet<>();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      NetworkNode node = nodes.get(i);
      if (reached.contains(node.name()) && node.freeze() != Freeze.NO_GRADIENT_BELOW) {
        reached.addAll(node.inputs());
        if (!node.frozen()) {
          trained.add(node.name());
        }
      }
    }
    return trained;
  }
}
