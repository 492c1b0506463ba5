package org.samediff.pruning.bench;

import java.util.Random;
import java.util.TreeMap;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.samediff.pruning.zoo.catalogue.ZooModels;

/** The zoo's networks with weights under which every one of them gives finite numbers. */
final class ZooNetworks {
  private static final long SEED = 4;

  private ZooNetworks() {}

  /** SimpleCNN ends in a softmax, and DL4J cannot train it so. */
  static ComputationGraph withLoss(ZooModels model, int side, int classes) {
    Object built = model.build(classes, side, SEED);
    ComputationGraph net =
        built instanceof MultiLayerNetwork chain
            ? chain.toComputationGraph()
            : (ComputationGraph) built;
    if (model != ZooModels.SIMPLECNN) {
      return net;
    }
    String last = net.getConfiguration().getNetworkOutputs().get(0);
    return new TransferLearning.GraphBuilder(net)
        .addLayer(
            "loss",
            new LossLayer.Builder(LossFunction.NEGATIVELOGLIKELIHOOD)
                .activation(Activation.IDENTITY)
                .build(),
            last)
        .setOutputs("loss")
        .build();
  }

  static void randomise(ComputationGraph net) {
    Random random = new Random(SEED);
    new TreeMap<>(net.paramTable())
        .forEach(
            (name, array) -> {
              switch (name.substring(name.lastIndexOf('_') + 1)) {
                case "b", "beta", "mean", "cL" -> fill(array, random, 0, 0.1);
                case "gamma" -> fill(array, random, 0.7, 0.1); // 1 would let ResNet50 saturate
                case "log10stdev" -> fill(array, random, 0, 0.05);
                case "W" -> {
                  if (array.rank() == 4) {
                    fill(array, random, 0, Math.sqrt(2.0 * array.size(0) / array.length()));
                  }
                }
                default -> {}
              }
            });
  }

  private static void fill(INDArray array, Random random, double mean, double deviation) {
    array.assign(gaussian(random, array.shape()).muli(deviation).addi(mean));
  }

  private static INDArray gaussian(Random random, long... shape) {
    double[] values = new double[Math.toIntExact(ArrayUtil.prodLong(shape))];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape('c', shape);
  }

  static INDArray images(ZooModels model, int side, int batch, DataType type) {
    return gaussian(new Random(SEED), batch, model.channels(), side, side).castTo(type);
  }
}
