package org.samediff.pruning.bench.nets;

import java.util.Locale;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Classifiers of the sizes that pruning tools are compared on, with random weights and, where there
 * is batch norm, random statistics.
 *
 * <p>Placeholders {@link #INPUT} {@code [N, 3, side, side]} and {@link #LABELS} {@code [N,
 * classes]}; {@link #LOGITS}; {@link #LOSS}, the mean softmax cross entropy. All float32, NCHW
 * unless asked otherwise, weights {@code [kH, kW, in, out]}.
 */
public enum BenchNetwork {
  /**
   * Three stages of nine basic blocks with 16, 32 and 64 channels. He et al., 2016, section 4.2.
   */
  CIFAR_RESNET56(32, 10, 855_770, 125_747_840) {
    @Override
    SDVariable body(LayerBuilder layers, SDVariable x) {
      SDVariable h = layers.relu("stem/relu", layers.convBn("stem", x, 3, 16, 3, 1));
      int in = 16;
      for (int stage = 0; stage < 3; stage++) {
        int out = 16 << stage;
        for (int b = 0; b < 9; b++) {
          String name = "stage" + (stage + 1) + "/" + (b + 1);
          int stride = stage > 0 && b == 0 ? 2 : 1;
          SDVariable f =
              layers.relu(name + "/relu1", layers.convBn(name + "/a", h, in, out, 3, stride));
          f = layers.lastConvBn(name + "/b", f, out, out, 3);
          h = layers.residual(name, f, h, in, out, stride);
          in = out;
        }
      }
      return layers.dense(LOGITS, layers.globalAveragePool("pool", h), 64, classes());
    }
  },

  /** Thirteen convolutions with batch norm, five pools, one dense layer. */
  CIFAR_VGG16BN(32, 10, 14_728_266, 313_201_664) {
    @Override
    SDVariable body(LayerBuilder layers, SDVariable x) {
      SDVariable h = layers.vgg16Convolutions(x, true).reshape(-1, 512).rename("flatten");
      return layers.dense(LOGITS, h, 512, classes());
    }
  },

  /** Bottleneck blocks 3, 4, 6, 3, the stride in the 3x3 convolution. He et al., 2016. */
  RESNET50(224, 1000, 25_557_032, 4_089_184_256L) {
    @Override
    SDVariable body(LayerBuilder layers, SDVariable x) {
      SDVariable h = layers.relu("stem/relu", layers.convBn("stem", x, 3, 64, 7, 2));
      h = layers.maxPool("stem/pool", h, 3);
      int[] blocks = {3, 4, 6, 3};
      int in = 64;
      for (int stage = 0; stage < 4; stage++) {
        int width = 64 << stage;
        for (int b = 0; b < blocks[stage]; b++) {
          String name = "stage" + (stage + 1) + "/" + (b + 1);
          int stride = stage > 0 && b == 0 ? 2 : 1;
          SDVariable f =
              layers.relu(name + "/relu1", layers.convBn(name + "/a", h, in, width, 1, 1));
          f = layers.relu(name + "/relu2", layers.convBn(name + "/b", f, width, width, 3, stride));
          f = layers.lastConvBn(name + "/c", f, width, 4 * width, 1);
          h = layers.residual(name, f, h, in, 4 * width, stride);
          in = 4 * width;
        }
      }
      return layers.dense(LOGITS, layers.globalAveragePool("pool", h), 2048, classes());
    }
  },

  /** Thirteen convolutions, five pools, three dense layers. Simonyan and Zisserman, 2015. */
  VGG16(224, 1000, 138_357_544, 15_470_264_320L) {
    @Override
    SDVariable body(LayerBuilder layers, SDVariable x) {
      SDVariable h = layers.vgg16Convolutions(x, false).reshape(-1, 25088).rename("flatten");
      h = layers.relu("fc1/relu", layers.dense("fc1", h, 25088, 4096));
      h = layers.relu("fc2/relu", layers.dense("fc2", h, 4096, 4096));
      return layers.dense(LOGITS, h, 4096, classes());
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

  private final int side;
  private final int classes;
  private final long parameters;
  private final long macs;

  BenchNetwork(int side, int classes, long parameters, long macs) {
    this.side = side;
    this.classes = classes;
    this.parameters = parameters;
    this.macs = macs;
  }

  /** Adds everything between the images and the logits; returns the variable {@link #LOGITS}. */
  abstract SDVariable body(LayerBuilder layers, SDVariable x);

  /** Height and width of the images. */
  public int side() {
    return side;
  }

  /** Number of classes. */
  public int classes() {
    return classes;
  }

  /** Trainable parameters, as published for this architecture. */
  public long parameters() {
    return parameters;
  }

  /** Multiply-accumulates of convolutions and dense layers for one image. */
  public long macs() {
    return macs;
  }

  /** Lower-case name, as the benchmarks take it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The network with this name, in any case. */
  public static BenchNetwork named(String name) {
    return valueOf(name.toUpperCase(Locale.ROOT));
  }

  /**
   * A new network; no training configuration yet.
   *
   * @param seed of the weights; seeds ND4J's random numbers
   */
  public SameDiff build(long seed) {
    return build(seed, false);
  }

  /**
   * The same with maps and images in another format.
   *
   * @param nhwc whether {@link #INPUT} and all maps lie as NHWC; else NCHW
   */
  public SameDiff build(long seed, boolean nhwc) {
    Nd4j.getRandom().setSeed(seed);
    SameDiff sd = SameDiff.create();
    SDVariable x =
        nhwc
            ? sd.placeHolder(INPUT, DataType.FLOAT, -1, side, side, 3)
            : sd.placeHolder(INPUT, DataType.FLOAT, -1, 3, side, side);
    SDVariable labels = sd.placeHolder(LABELS, DataType.FLOAT, -1, classes);
    SDVariable logits = body(new LayerBuilder(sd, nhwc), x);
    sd.loss().softmaxCrossEntropy(LOSS, labels, logits, null);
    sd.setLossVariables(LOSS);
    return sd;
  }
}
