package org.samediff.pruning.zoo.nets;

import java.util.Locale;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.samediff.pruning.zoo.data.ImageSize;

/**
 * Classifiers for 28x28 grey images, small enough to train in a minute on two cores.
 *
 * <p>Placeholders {@link #INPUT} {@code [N, 1, 28, 28]} and {@link #LABELS} {@code [N, 10]},
 * one-hot; {@link #LOGITS} {@code [N, 10]}; {@link #LOSS}, the mean softmax cross entropy. All
 * float32.
 */
public enum DemoNetwork {
  /**
   * A stem and three stages of residual blocks with 16, 32 and 64 channels, the first with an
   * identity shortcut, the others with projections; global average pool; one dense layer. He et
   * al., 2016.
   */
  RESNET {
    @Override
    SDVariable body(LayerBuilder layers, SDVariable x) {
      SDVariable h = layers.convBnRelu("stem", x, 1, 32, 1);
      h = layers.maxPool("stem/pool", h);
      h = block(layers, "stage1", h, 32, 32, 1);
      h = block(layers, "stage2", h, 32, 64, 2);
      h = block(layers, "stage3", h, 64, 128, 2);
      return layers.dense(LOGITS, layers.globalAveragePool("pool", h), 128, CLASSES);
    }

    private SDVariable block(
        LayerBuilder layers, String name, SDVariable x, int in, int out, int stride) {
      SDVariable h = layers.convBnRelu(name + "/a", x, in, out, stride);
      h = layers.batchNorm(name + "/b/bn", layers.conv(name + "/b/conv", h, out, out, 3, 1), out);
      return layers.relu(
          name + "/relu", h.add(name + "/add", shortcut(layers, name, x, in, out, stride)));
    }

    private SDVariable shortcut(
        LayerBuilder layers, String name, SDVariable x, int in, int out, int stride) {
      if (in == out && stride == 1) {
        return x;
      }
      SDVariable h = layers.conv(name + "/shortcut/conv", x, in, out, 1, stride);
      return layers.batchNorm(name + "/shortcut/bn", h, out);
    }
  },

  /**
   * One convolution with 16 channels, a pair with 64, a pair with 128, a maximum pool behind each;
   * flatten; two dense layers. After Simonyan and Zisserman, 2015, with batch norm.
   */
  VGG {
    @Override
    SDVariable body(LayerBuilder layers, SDVariable x) {
      SDVariable h = layers.convBnRelu("block1", x, 1, 16, 1);
      h = pair(layers, "block2", layers.maxPool("block1/pool", h), 16, 64);
      h = pair(layers, "block3", layers.maxPool("block2/pool", h), 64, 128);
      h = layers.maxPool("block3/pool", h);
      h = h.reshape(-1, 128 * 3 * 3).rename("flatten");
      h = layers.relu("fc1/relu", layers.dense("fc1", h, 128 * 3 * 3, 64));
      return layers.dense(LOGITS, h, 64, CLASSES);
    }

    private SDVariable pair(LayerBuilder layers, String name, SDVariable x, int in, int out) {
      SDVariable h = layers.convBnRelu(name + "/a", x, in, out, 1);
      return layers.convBnRelu(name + "/b", h, out, out, 1);
    }
  };

  /** Name of the image placeholder. */
  public static final String INPUT = "input";

  /** Name of the label placeholder. */
  public static final String LABELS = "labels";

  /** Name of the network's output, before the softmax. */
  public static final String LOGITS = "logits";

  /** Name of the scalar that training minimises. */
  public static final String LOSS = "loss";

  private static final int CLASSES = 10;
  private static final int SIDE = 28;

  /** Size of the images. */
  public static final ImageSize IMAGES = new ImageSize(1, SIDE, SIDE);

  /** Adds everything between the images and the logits; returns the variable {@link #LOGITS}. */
  abstract SDVariable body(LayerBuilder layers, SDVariable x);

  /** Lower-case name, as the command line takes it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * A new network with random weights; no training configuration yet.
   *
   * @param seed of the weights; the same seed gives the same weights
   */
  public SameDiff build(long seed) {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder(INPUT, DataType.FLOAT, -1, 1, SIDE, SIDE);
    SDVariable labels = sd.placeHolder(LABELS, DataType.FLOAT, -1, CLASSES);
    SDVariable logits = body(new LayerBuilder(sd, seed), x);
    sd.loss().softmaxCrossEntropy(LOSS, labels, logits, null);
    sd.setLossVariables(LOSS);
    return sd;
  }
}
