package org.samediff.pruning.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.regularization.Regularization;
import org.samediff.pruning.layers.BatchNormalization;

/** Small networks and data for tests; 3x12x12 inputs, 4 classes, weights from a seed. */
public final class Nets {
  public static final int SIDE = 12;
  public static final int CLASSES = 4;

  private final DataType type;
  private final Random random;
  private final boolean nhwc;
  public final SameDiff sd = SameDiff.create();

  private Nets(DataType type, long seed, boolean nhwc) {
    this.type = type;
    this.random = new Random(seed);
    this.nhwc = nhwc;
  }

  private SDVariable input() {
    return nhwc
        ? sd.placeHolder("x", type, -1, SIDE, SIDE, 3)
        : sd.placeHolder("x", type, -1, 3, SIDE, SIDE);
  }

  public INDArray gaussian(double scale, long... shape) {
    return gaussian(type, random, scale, shape);
  }

  public static INDArray gaussian(DataType type, Random random, double scale, long... shape) {
    double[] values = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      values[i] = scale * random.nextGaussian();
    }
    return Nd4j.createFromArray(values).castTo(type).reshape('c', shape).dup('c');
  }

  private SDVariable conv(
      String name, SDVariable x, int in, int out, int kernel, int stride, boolean bias) {
    SDVariable w =
        sd.var(
            name + "_W",
            gaussian(Math.sqrt(2.0 / (kernel * kernel * in)), kernel, kernel, in, out));
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(kernel)
            .kW(kernel)
            .sH(stride)
            .sW(stride)
            .paddingMode(PaddingMode.SAME)
            .dataFormat(nhwc ? "NHWC" : "NCHW")
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    return bias
        ? sd.cnn().conv2d(name, x, w, sd.var(name + "_b", gaussian(0.1, out)), config)
        : sd.cnn().conv2d(name, x, w, config);
  }

  private SDVariable norm(String name, SDVariable x, int channels) {
    SDVariable y = BatchNormalization.apply(sd, name, x, channels, nhwc ? 3 : 1, 1e-5, 0.9);
    sd.getVariable(name + "/gamma").getArr().assign(gaussian(0.2, channels).addi(1));
    sd.getVariable(name + "/beta").getArr().assign(gaussian(0.2, channels));
    sd.getVariable(name + "/mean").getArr().assign(gaussian(0.3, channels));
    sd.getVariable(name + "/var").getArr().assign(gaussian(0.3, channels).muli(0.3).addi(1));
    return y;
  }

  private void head(SDVariable features, int width) {
    SDVariable w = sd.var("fc_W", gaussian(Math.sqrt(1.0 / width), width, CLASSES));
    SDVariable logits =
        features.mmul("fc", w).add("logits", sd.var("fc_b", gaussian(0.1, CLASSES)));
    sd.nn().softmax("probs", logits, 1);
    sd.loss().softmaxCrossEntropy("loss", sd.placeHolder("y", type, -1, CLASSES), logits, null);
    sd.setLossVariables("loss");
  }

  private SDVariable pool(String name, SDVariable x) {
    return sd.cnn()
        .maxPooling2d(
            name,
            x,
            Pooling2DConfig.builder()
                .kH(2)
                .kW(2)
                .sH(2)
                .sW(2)
                .paddingMode(PaddingMode.VALID)
                .isNHWC(nhwc)
                .build());
  }

  /** conv-relu-pool-conv-relu, flatten, dense: no batch norm, biases. */
  public static SameDiff chain(DataType type, long seed) {
    return chain(type, seed, false);
  }

  public static SameDiff chain(DataType type, long seed, boolean nhwc) {
    Nets n = new Nets(type, seed, nhwc);
    SDVariable h = n.sd.nn().relu("r1", n.conv("c1", n.input(), 3, 8, 3, 1, true), 0);
    h = n.pool("p1", h);
    h = n.sd.nn().relu("r2", n.conv("c2", h, 8, 10, 3, 1, true), 0);
    int flat = 10 * SIDE * SIDE / 4;
    h = n.sd.reshape("flat", h, -1, flat);
    SDVariable hidden =
        h.mmul("d1_mm", n.sd.var("d1_W", n.gaussian(Math.sqrt(2.0 / flat), flat, 16)))
            .add("d1", n.sd.var("d1_b", n.gaussian(0.1, 16)));
    n.head(n.sd.nn().relu("d1_relu", hidden, 0), 16);
    n.train(new Nesterovs(0.05, 0.9));
    return n.sd;
  }

  /** conv-bn-relu pairs with pooling, flatten, dense. */
  public static SameDiff vgg(DataType type, long seed) {
    return vgg(type, seed, false);
  }

  public static SameDiff vgg(DataType type, long seed, boolean nhwc) {
    Nets n = new Nets(type, seed, nhwc);
    SDVariable h = n.input();
    int in = 3;
    int[] widths = {8, 8, 12, 12};
    for (int i = 0; i < widths.length; i++) {
      h = n.conv("c" + i, h, in, widths[i], 3, 1, false);
      h = n.sd.nn().relu("r" + i, n.norm("n" + i, h, widths[i]), 0);
      in = widths[i];
      if (i % 2 == 1) {
        h = n.pool("p" + i, h);
      }
    }
    int flat = 12 * SIDE * SIDE / 16;
    n.head(n.sd.reshape("flat", h, -1, flat), flat);
    n.train(new Nesterovs(0.05, 0.9));
    return n.sd;
  }

  /** Stem, a block with identity shortcut, one with projection, global average pool, dense. */
  public static SameDiff resnet(DataType type, long seed) {
    return resnet(type, seed, false);
  }

  public static SameDiff resnet(DataType type, long seed, boolean nhwc) {
    Nets n = new Nets(type, seed, nhwc);
    SDVariable h =
        n.sd
            .nn()
            .relu(
                "stem_relu", n.norm("stem_bn", n.conv("stem", n.input(), 3, 8, 3, 1, false), 8), 0);
    h = n.block("a", h, 8, 8, 1);
    h = n.block("b", h, 8, 12, 2);
    h = n.block("c", h, 12, 12, 1);
    n.head(nhwc ? h.mean("gap", false, 1, 2) : h.mean("gap", false, 2, 3), 12);
    n.train(new Nesterovs(0.05, 0.9));
    return n.sd;
  }

  private SDVariable block(String name, SDVariable x, int in, int out, int stride) {
    SDVariable h =
        sd.nn()
            .relu(
                name + "_relu1",
                norm(name + "_bn1", conv(name + "_c1", x, in, out, 3, stride, false), out),
                0);
    h = norm(name + "_bn2", conv(name + "_c2", h, out, out, 3, 1, false), out);
    SDVariable shortcut =
        in == out && stride == 1
            ? x
            : norm(name + "_bn3", conv(name + "_c3", x, in, out, 1, stride, false), out);
    return sd.nn().relu(name + "_out", h.add(name + "_sum", shortcut), 0);
  }

  /** A layer of one filter between two others, biases and no batch norm, global average pool. */
  public static SameDiff narrow(DataType type, long seed) {
    Nets n = new Nets(type, seed, false);
    SDVariable h = n.sd.nn().relu("r1", n.conv("c1", n.input(), 3, 6, 3, 1, true), 0);
    h = n.sd.nn().relu("r2", n.conv("c2", h, 6, 1, 3, 1, true), 0);
    h = n.sd.nn().relu("r3", n.conv("c3", h, 1, 6, 3, 1, true), 0);
    n.head(h.mean("gap", false, 2, 3), 6);
    n.train(new Nesterovs(0.05, 0.9));
    return n.sd;
  }

  /** The net of this name: chain, vgg or resnet. */
  public static SameDiff named(String net, DataType type, long seed, boolean nhwc) {
    return switch (net) {
      case "chain" -> chain(type, seed, nhwc);
      case "vgg" -> vgg(type, seed, nhwc);
      case "resnet" -> resnet(type, seed, nhwc);
      default -> throw new IllegalArgumentException(net);
    };
  }

  private void train(IUpdater updater) {
    train(sd, updater);
  }

  /** Gives a net another updater and regularisation. */
  public static void train(SameDiff sd, IUpdater updater, Regularization... regularization) {
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(updater)
            .regularization(regularization)
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
  }

  /** Batches of noise around a pattern per class: learnable, labels one-hot and varied. */
  public static List<DataSet> data(DataType type, long seed, int batches, int size, boolean nhwc) {
    Random random = new Random(seed);
    long[] one = nhwc ? new long[] {1, SIDE, SIDE, 3} : new long[] {1, 3, SIDE, SIDE};
    List<INDArray> patterns = new ArrayList<>();
    for (int c = 0; c < CLASSES; c++) {
      patterns.add(gaussian(type, random, 1, one));
    }
    List<DataSet> result = new ArrayList<>();
    for (int b = 0; b < batches; b++) {
      long[] shape = one.clone();
      shape[0] = size;
      INDArray x = gaussian(type, random, 0.7, shape);
      INDArray y = Nd4j.zeros(type, size, CLASSES);
      for (int i = 0; i < size; i++) {
        int c = random.nextInt(CLASSES);
        x.tensorAlongDimension(i, 1, 2, 3)
            .addi(patterns.get(c).reshape(shape[1], shape[2], shape[3]));
        y.putScalar(new long[] {i, c}, 1);
      }
      result.add(new DataSet(x, y));
    }
    return result;
  }

  public static List<DataSet> data(DataType type, long seed, int batches, int size) {
    return data(type, seed, batches, size, false);
  }
}
