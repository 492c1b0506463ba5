package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.samediff.pruning.layers.BatchNormalization;

/** Batch norm, local response normalisation, L2 normalisation. */
final class Normalizations {
  private Normalizations() {}

  /**
   * Batch norm. DL4J ignores the layer's activation function, keeps the variance as the logarithm
   * of its root, and applies locked factors only if neither is neutral.
   */
  static SDVariable batch(
      org.deeplearning4j.nn.conf.layers.BatchNormalization layer, NodeContext node) {
    if (node.type() instanceof InputType.InputTypeConvolutional) {
      node.requireNchw(layer.getCnn2DFormat());
    }
    INDArray mean = flat(node.array("mean"));
    INDArray variance =
        node.hasParameter("var")
            ? flat(node.array("var"))
            : Transforms.pow(
                Transforms.pow(
                    Nd4j.scalar(mean.dataType(), 10).broadcast(mean.shape()),
                    flat(node.array("log10stdev"))),
                2);
    boolean locked = layer.isLockGammaBeta();
    boolean applied = layer.getGamma() != 1 && layer.getBeta() != 0;
    INDArray gamma =
        locked ? filled(mean, applied ? layer.getGamma() : 1) : flat(node.array("gamma"));
    INDArray beta = locked ? filled(mean, applied ? layer.getBeta() : 0) : flat(node.array("beta"));
    if (!node.trains()) {
      return fixed(node, mean, variance.add(layer.getEps()), gamma, beta, locked);
    }
    SDVariable y =
        BatchNormalization.apply(
            node.sd(),
            node.name(),
            node.x(),
            (int) mean.length(),
            1,
            layer.getEps(),
            layer.getDecay());
    assign(node, "gamma", gamma);
    assign(node, "beta", beta);
    assign(node, "mean", mean);
    assign(node, "var", variance);
    if (locked || !node.conversion().isTrained(node.node())) {
      node.sd().convertToConstant(node.sd().getVariable(node.name("gamma")));
      node.sd().convertToConstant(node.sd().getVariable(node.name("beta")));
    }
    return y;
  }

  private static void assign(NodeContext node, String part, INDArray value) {
    node.sd().getVariable(node.name(part)).getArr().assign(value);
    node.stored(part);
  }

  private static INDArray flat(INDArray row) {
    return row.reshape(row.length()).dup('c');
  }

  private static INDArray filled(INDArray like, double value) {
    return Nd4j.valueArrayOf(like.shape(), value, like.dataType());
  }

  /** With the running averages in training, too: (x - mean) * gamma / deviation + beta. */
  private static SDVariable fixed(
      NodeContext node,
      INDArray mean,
      INDArray varianceAndEpsilon,
      INDArray gamma,
      INDArray beta,
      boolean locked) {
    INDArray scale = gamma.div(Transforms.sqrt(varianceAndEpsilon));
    SDVariable m = node.constant("mean", perChannel(node, mean));
    SDVariable g =
        locked
            ? node.constant("scale", perChannel(node, scale))
            : node.parameter("scale", perChannel(node, scale));
    SDVariable b =
        locked
            ? node.constant("beta", perChannel(node, beta))
            : node.parameter("beta", perChannel(node, beta));
    return node.x().sub(m).mul(g).add(b);
  }

  private static INDArray perChannel(NodeContext node, INDArray values) {
    return node.type() instanceof InputType.InputTypeConvolutional
        ? values.reshape(1, values.length(), 1, 1).dup('c')
        : values;
  }

  /**
   * x / (k + alpha * sum of x^2 over the n nearest channels)^beta. The sum is a convolution with a
   * band matrix: SameDiff's own op has a wrong gradient.
   */
  static SDVariable localResponse(LocalResponseNormalization layer, NodeContext node) {
    node.requireNchw(layer.getDataFormat());
    int channels = Math.toIntExact(node.image().getChannels());
    int half = (int) (layer.getN() / 2);
    INDArray band = Nd4j.zeros(node.dataType(), 1, 1, channels, channels);
    for (int i = 0; i < channels; i++) {
      for (int j = Math.max(0, i - half); j <= Math.min(channels - 1, i + half); j++) {
        band.putScalar(new long[] {0, 0, i, j}, 1);
      }
    }
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(1)
            .kW(1)
            .paddingMode(PaddingMode.VALID)
            .dataFormat("NCHW")
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    SDVariable x = node.x();
    SDVariable squares =
        node.sd().cnn().conv2d(node.sd().math().square(x), node.constant("band", band), config);
    SDVariable base = squares.mul(layer.getAlpha()).add(layer.getK());
    return x.mul(node.sd().math().pow(base, -layer.getBeta()));
  }

  /** x / max(its norm, eps) per example. */
  static SDVariable l2(L2NormalizeVertex vertex, NodeContext node) {
    int rank = node.type() instanceof InputType.InputTypeConvolutional ? 4 : 2;
    int[] given = vertex.getDimension();
    int[] axes =
        given != null && given.length > 0 ? given : rank == 4 ? new int[] {1, 2, 3} : new int[] {1};
    SDVariable x = node.x();
    SDVariable squares = node.sd().math().square(x).sum(true, axes);
    SDVariable norm =
        node.sd().math().sqrt(node.sd().scalarMax(squares, vertex.getEps() * vertex.getEps()));
    return x.div(norm);
  }
}
