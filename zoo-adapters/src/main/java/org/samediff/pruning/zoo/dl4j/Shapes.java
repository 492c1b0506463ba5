package org.samediff.pruning.zoo.dl4j;

import java.util.Arrays;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.nd4j.autodiff.samediff.SDVariable;

/** Layers that move values about. */
final class Shapes {
  private Shapes() {}

  static SDVariable zeroPadding(ZeroPaddingLayer layer, NodeContext node) {
    node.requireNchw(layer.getDataFormat());
    int[] p = layer.getPadding();
    return new Padding(p[0], p[1], p[2], p[3]).apply(node, node.x());
  }

  static SDVariable cropping(Cropping2D layer, NodeContext node) {
    node.requireNchw(layer.getDataFormat());
    InputType.InputTypeConvolutional image = node.image();
    int[] c = layer.getCropping();
    return slice(
        node,
        new long[] {0, 0, c[0], c[2]},
        new long[] {-1, -1, image.getHeight() - c[0] - c[1], image.getWidth() - c[2] - c[3]});
  }

  static SDVariable upsampling(Upsampling2D layer, NodeContext node) {
    node.requireNchw(layer.getFormat());
    int[] size = layer.getSize();
    SDVariable x = Dropouts.apply(layer.getIDropout(), node, node.x());
    return node.sd().cnn().upsampling2d(x, size[0], size[1], true);
  }

  static SDVariable spaceToDepth(SpaceToDepthLayer layer, NodeContext node) {
    node.requireNchw(layer.getDataFormat());
    SDVariable x = Dropouts.apply(layer.getIDropout(), node, node.x());
    return node.sd().cnn().spaceToDepth(x, layer.getBlockSize(), org.nd4j.enums.DataFormat.NCHW);
  }

  /** A block of x; a size of -1 takes the whole axis. */
  static SDVariable slice(NodeContext node, long[] begin, long[] size) {
    return node.sd()
        .slice(
            node.x(),
            Arrays.stream(begin).mapToInt(Math::toIntExact).toArray(),
            Arrays.stream(size).mapToInt(Math::toIntExact).toArray());
  }
}
