package org.samediff.pruning.zoo.modelfile;

import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The updater state of the two kinds of networks. */
final class UpdaterState {
  private UpdaterState() {}

  /** Number of elements; 0 for an updater without state. */
  static long length(Model network) {
    INDArray state =
        network instanceof ComputationGraph graph
            ? graph.getUpdater().getStateViewArray()
            : ((MultiLayerNetwork) network).getUpdater().getStateViewArray();
    return state == null ? 0 : state.length();
  }

  static void set(Model network, INDArray state) {
    if (network instanceof ComputationGraph graph) {
      graph.getUpdater().setStateViewArray(state);
    } else {
      MultiLayerNetwork layers = (MultiLayerNetwork) network;
      layers.getUpdater().setStateViewArray(layers, state, false);
    }
  }
}
