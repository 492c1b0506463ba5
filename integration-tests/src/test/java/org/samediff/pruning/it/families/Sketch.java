package org.samediff.pruning.it.families;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.enums.DataFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv1DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv3DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.DeConv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.api.ops.impl.scalar.PRelu;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.layers.BatchNormalization;

/**
 * Writes a network in a few lines, in either layout. Weights, vectors and running averages are
 * random and away from zero and one; the same numbers in every precision.
 */
final class Sketch {
  static final int CLASSES = 3;
  private static final double EPSILON = 1e-3;

  final SameDiff sd = SameDiff.create();
  final DataType type;
  final boolean nhwc;
  private final Random random = new Random(17);
  private final List<String> features = new ArrayList<>();
  private final List<String> labels = new ArrayList<>();
  private final List<String> losses = new ArrayList<>();

  Sketch(DataType type, boolean nhwc) {
    this.type = type;
    this.nhwc = nhwc;
  }

  // Inputs and arrays

  Feature input(String name, int channels, int... space) {
    features.add(name);
    return new Feature(sd.placeHolder(name, type, shape(channels, space)), channels, space);
  }

  /** The usual input: 4 channels, 8 x 8. */
  Feature input() {
    return input("x", 4, 8, 8);
  }

  private long[] shape(int channels, int... space) {
    long[] shape = new long[space.length + 2];
    shape[0] = -1;
    for (int d = 0; d < space.length; d++) {
      shape[d + (nhwc ? 1 : 2)] = space[d];
    }
    shape[nhwc ? space.length + 1 : 1] = channels;
    return shape;
  }

  private int axis(Feature x) {
    return nhwc ? x.space().length + 1 : 1;
  }

  private int[] spaceAxes(Feature x) {
    return IntStream.range(0, x.space().length).map(d -> d + (nhwc ? 1 : 2)).toArray();
  }

  /** Shape that spreads a vector over the channels. */
  private long[] vector(Feature x) {
    long[] shape = new long[x.space().length + 2];
    Arrays.fill(shape, 1);
    shape[axis(x)] = x.channels();
    return shape;
  }

  /** Magnitudes in [least, most], of either sign. */
  private INDArray values(double least, double most, long... shape) {
    double[] values = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    for (int i = 0; i < values.length; i++) {
      double magnitude = least + (most - least) * random.nextDouble();
      values[i] = random.nextBoolean() ? magnitude : -magnitude;
    }
    return Nd4j.createFromArray(values).castTo(type).reshape('c', shape).dup('c');
  }

  SDVariable weight(String name, double fan, long... shape) {
    return sd.var(name, values(0.3, 1, shape).muli(Math.sqrt(2 / fan)));
  }

  SDVariable shift(String name, long... shape) {
    return sd.var(name, values(0.1, 0.5, shape));
  }

  SDVariable scale(String name, long... shape) {
    return sd.var(name, values(0.5, 1.5, shape));
  }

  SDVariable positive(String name, long... shape) {
    return sd.constant(name, Nd4j.math.abs(values(0.5, 1.5, shape)));
  }

  // Convolutions

  Feature conv(String name, Feature x, int filters, int k) {
    return conv(name, x, filters, k, 1);
  }

  /** With bias, over as many dimensions as x has; {@code ceil(size / stride)} positions. */
  Feature conv(String name, Feature x, int filters, int k, int stride) {
    long[] shape = new long[x.space().length + 2];
    Arrays.fill(shape, k);
    shape[shape.length - 2] = x.channels();
    shape[shape.length - 1] = filters;
    SDVariable w = weight(name + "_W", Math.pow(k, x.space().length) * x.channels(), shape);
    return conv(name, x, w, shift(name + "_b", filters), filters, stride);
  }

  /** The same with these weights, which may be another layer's. */
  Feature conv(String name, Feature x, SDVariable w, SDVariable b, int filters, int stride) {
    int k = (int) w.getShape()[0];
    SDVariable y =
        switch (x.space().length) {
          case 1 -> sd.cnn().conv1d(name, x.v(), w, b, config1d(k, stride));
          case 2 -> sd.cnn().conv2d(name, x.v(), w, b, config(k, stride));
          default -> sd.cnn().conv3d(name, x.v(), w, b, config3d(k, stride));
        };
    int[] space = Arrays.stream(x.space()).map(n -> (n + stride - 1) / stride).toArray();
    return new Feature(y, filters, space);
  }

  private Conv1DConfig config1d(int k, int stride) {
    return Conv1DConfig.builder()
        .k(k)
        .s(stride)
        .paddingMode(PaddingMode.SAME)
        .dataFormat(nhwc ? "NWC" : "NCW")
        .build();
  }

  private Conv2DConfig config(int k, int stride) {
    return Conv2DConfig.builder()
        .kH(k)
        .kW(k)
        .sH(stride)
        .sW(stride)
        .paddingMode(k == 1 ? PaddingMode.VALID : PaddingMode.SAME)
        .dataFormat(nhwc ? "NHWC" : "NCHW")
        .build();
  }

  private Conv3DConfig config3d(int k, int stride) {
    return Conv3DConfig.builder()
        .kD(k)
        .kH(k)
        .kW(k)
        .sD(stride)
        .sH(stride)
        .sW(stride)
        .biasUsed(true)
        .paddingMode(PaddingMode.SAME)
        .dataFormat(nhwc ? "NDHWC" : "NCDHW")
        .build();
  }

  /** Convolution, batch norm, relu. */
  Feature block(String name, Feature x, int filters, int k, int stride) {
    return relu(norm(name + "_n", conv(name, x, filters, k, stride)));
  }

  Feature block(String name, Feature x, int filters, int k) {
    return block(name, x, filters, k, 1);
  }

  /** Two blocks and a shortcut. */
  Feature bottleneck(String name, Feature x) {
    return add(x, block(name + "b", block(name + "a", x, x.channels(), 3), x.channels(), 3));
  }

  Feature depthwise(String name, Feature x, int k, int stride, int multiplier) {
    SDVariable w = weight(name + "_W", k * k, k, k, x.channels(), multiplier);
    SDVariable b = shift(name + "_b", (long) x.channels() * multiplier);
    SDVariable y = sd.cnn().depthWiseConv2d(name, x.v(), w, b, config(k, stride));
    int[] space = Arrays.stream(x.space()).map(n -> (n + stride - 1) / stride).toArray();
    return new Feature(y, x.channels() * multiplier, space);
  }

  Feature separable(String name, Feature x, int filters, int k) {
    SDVariable depth = weight(name + "_D", k * k, k, k, x.channels(), 1);
    SDVariable point = weight(name + "_P", x.channels(), 1, 1, x.channels(), filters);
    return x.with(
        sd.cnn()
            .separableConv2d(name, x.v(), depth, point, shift(name + "_b", filters), config(k, 1)),
        filters);
  }

  /** Split, one convolution each, concat: how SameDiff says grouped convolution. */
  Feature grouped(String name, Feature x, int filters, int k, int groups) {
    Feature[] parts = split(x, groups);
    for (int g = 0; g < groups; g++) {
      parts[g] = conv(name + g, parts[g], filters / groups, k);
    }
    return concat(parts);
  }

  /** Doubles the size. */
  Feature deconv(String name, Feature x, int filters) {
    DeConv2DConfig config =
        DeConv2DConfig.builder()
            .kH(2)
            .kW(2)
            .sH(2)
            .sW(2)
            .isSameMode(true)
            .dataFormat(nhwc ? "NHWC" : "NCHW")
            .build();
    SDVariable w = weight(name + "_W", 4 * x.channels(), 2, 2, filters, x.channels());
    return resized(
        sd.cnn().deconv2d(name, x.v(), w, shift(name + "_b", filters), config), filters, x, 2, 1);
  }

  private static Feature resized(SDVariable v, int channels, Feature x, int up, int down) {
    return new Feature(v, channels, Arrays.stream(x.space()).map(n -> n * up / down).toArray());
  }

  // Norms and activations

  Feature norm(String name, Feature x) {
    int c = x.channels();
    SDVariable y = BatchNormalization.apply(sd, name, x.v(), c, axis(x), EPSILON, 0.9);
    sd.getVariable(name + "/gamma").getArr().assign(values(0.5, 1.5, c));
    sd.getVariable(name + "/beta").getArr().assign(values(0.1, 0.5, c));
    sd.getVariable(name + "/mean").getArr().assign(values(0.1, 0.5, c));
    sd.getVariable(name + "/var").getArr().addi(values(0.1, 0.5, c));
    return x.with(y);
  }

  private SDVariable normal(SDVariable x, int... axes) {
    SDVariable[] m = sd.math().moments(x, axes, true);
    return x.sub(m[0]).mul(sd.math().rsqrt(m[1].add(EPSILON)));
  }

  private Feature affine(String name, Feature x, SDVariable normal) {
    return x.with(normal.mul(scale(name + "_g", vector(x))).add(shift(name + "_s", vector(x))));
  }

  Feature instanceNorm(String name, Feature x) {
    return affine(name, x, normal(x.v(), spaceAxes(x)));
  }

  /** Batch norm with the batch's statistics, decomposed. */
  Feature momentsNorm(String name, Feature x) {
    int channels = axis(x);
    int rank = x.space().length + 2;
    return affine(
        name, x, normal(x.v(), IntStream.range(0, rank).filter(d -> d != channels).toArray()));
  }

  /** Batch norm with constant statistics, decomposed. */
  Feature frozenNorm(String name, Feature x) {
    SDVariable mean = sd.constant(name + "_m", values(0.1, 0.5, vector(x)));
    SDVariable variance = positive(name + "_v", vector(x));
    return affine(name, x, x.v().sub(mean).mul(sd.math().rsqrt(variance.add(EPSILON))));
  }

  Feature layerNorm(String name, Feature x) {
    SDVariable y =
        sd.nn()
            .layerNorm(
                x.v(),
                scale(name + "_g", x.channels()),
                shift(name + "_s", x.channels()),
                !nhwc,
                axis(x));
    return x.with(y);
  }

  Feature groupNorm(String name, Feature x, int groups) {
    long each = x.channels() / groups;
    SDVariable normal =
        nhwc
            ? normal(sd.reshape(x.v(), -1, x.area(), groups, each), 1, 3)
            : normal(sd.reshape(x.v(), -1, groups, each * x.area()), 2);
    return affine(name, x, sd.reshape(normal, shape(x.channels(), x.space())));
  }

  Feature relu(Feature x) {
    return x.with(sd.nn().relu(x.v(), 0));
  }

  Feature sigmoid(Feature x) {
    return x.with(sd.nn().sigmoid(x.v()));
  }

  Feature swish(Feature x) {
    return x.with(sd.nn().swish(x.v()));
  }

  /** x relu6(x + 3) / 6. */
  Feature hardSwish(Feature x) {
    return x.with(x.v().mul(sd.nn().relu6(x.v().add(3.0), 0)).div(6.0));
  }

  /** One slope for every element, as ND4J's gradient wants it. */
  Feature prelu(String name, Feature x) {
    long[] all = shape(x.channels(), x.space());
    SDVariable slopes = shift(name + "_a", Arrays.copyOfRange(all, 1, all.length));
    return x.with(new PRelu(sd, x.v(), slopes).outputVariable());
  }

  // Joining and parting

  Feature add(Feature a, Feature b) {
    return a.with(a.v().add(b.v()));
  }

  Feature mul(Feature a, Feature b) {
    return a.with(a.v().mul(b.v()));
  }

  Feature max(Feature a, Feature b) {
    return a.with(sd.max(a.v(), b.v()));
  }

  Feature concat(Feature... parts) {
    SDVariable[] all = Arrays.stream(parts).map(Feature::v).toArray(SDVariable[]::new);
    int channels = Arrays.stream(parts).mapToInt(Feature::channels).sum();
    return parts[0].with(sd.concat(axis(parts[0]), all), channels);
  }

  Feature[] split(Feature x, int parts) {
    return Arrays.stream(sd.split(x.v(), parts, axis(x)))
        .map(v -> x.with(v, x.channels() / parts))
        .toArray(Feature[]::new);
  }

  /** Channels [from, to). */
  Feature slice(Feature x, int from, int to) {
    long[] shape = shape(x.channels(), x.space());
    int[] begin = new int[shape.length];
    int[] size = Arrays.stream(shape).mapToInt(n -> (int) n).toArray();
    begin[axis(x)] = from;
    size[axis(x)] = to - from;
    return x.with(sd.slice(x.v(), begin, size), to - from);
  }

  /** Each channel times a number from all of them: pooled, two dense layers, sigmoid. */
  Feature gated(Feature x, int units) {
    Feature hidden = relu(dense("squeeze", pooled(x), units));
    return mul(x, pixel(sigmoid(dense("excite", hidden, x.channels())), x));
  }

  /** Channels of g groups, read across. */
  Feature shuffle(Feature x, int groups) {
    int each = x.channels() / groups;
    int h = x.space()[0];
    int w = x.space()[1];
    SDVariable mixed =
        nhwc
            ? sd.permute(sd.reshape(x.v(), -1, h, w, groups, each), 0, 1, 2, 4, 3)
            : sd.permute(sd.reshape(x.v(), -1, groups, each, h, w), 0, 2, 1, 3, 4);
    return x.with(sd.reshape(mixed, shape(x.channels(), x.space())));
  }

  // Space

  /** Max pooling that halves the size. */
  Feature pool(Feature x) {
    Pooling2DConfig config = Pooling2DConfig.builder().kH(2).kW(2).sH(2).sW(2).isNHWC(nhwc).build();
    return resized(sd.cnn().maxPooling2d(x.v(), config), x.channels(), x, 1, 2);
  }

  /** Average pooling that leaves the size. */
  Feature average(Feature x) {
    Pooling2DConfig config =
        Pooling2DConfig.builder()
            .kH(3)
            .kW(3)
            .sH(1)
            .sW(1)
            .paddingMode(PaddingMode.SAME)
            .isNHWC(nhwc)
            .build();
    return x.with(sd.cnn().avgPooling2d(x.v(), config));
  }

  Feature upsample(Feature x) {
    return resized(sd.cnn().upsampling2d(x.v(), 2, 2, !nhwc), x.channels(), x, 2, 1);
  }

  Feature spaceToDepth(Feature x) {
    SDVariable y = sd.cnn().spaceToDepth(x.v(), 2, nhwc ? DataFormat.NHWC : DataFormat.NCHW);
    return resized(y, 4 * x.channels(), x, 1, 2);
  }

  Feature depthToSpace(Feature x) {
    SDVariable y = sd.cnn().depthToSpace(x.v(), 2, nhwc ? DataFormat.NHWC : DataFormat.NCHW);
    return resized(y, x.channels() / 4, x, 2, 1);
  }

  /** Mean over space. */
  Feature pooled(Feature x) {
    return new Feature(x.v().mean(false, spaceAxes(x)), x.channels());
  }

  Feature flat(Feature x) {
    int width = x.channels() * x.area();
    return new Feature(sd.reshape(x.v(), -1, width), width);
  }

  /** Features as a map of one pixel like x. */
  Feature pixel(Feature features, Feature x) {
    int[] one = new int[x.space().length];
    Arrays.fill(one, 1);
    return new Feature(
        sd.reshape(features.v(), shape(features.channels(), one)), features.channels(), one);
  }

  // Ends

  Feature dense(String name, Feature x, int units) {
    SDVariable w = weight(name + "_W", x.channels(), x.channels(), units);
    return x.with(x.v().mmul(w).add(name, shift(name + "_b", units)), units);
  }

  /** A classifier on pooled features. */
  void classify(Feature x) {
    classifyFeatures("", pooled(x));
  }

  /** A classifier on features; the suffix tells several apart. */
  void classifyFeatures(String suffix, Feature x) {
    SDVariable logits = dense("logits" + suffix, x, CLASSES).v();
    SDVariable y = sd.placeHolder("y" + suffix, type, -1, CLASSES);
    labels.add("y" + suffix);
    sd.nn().softmax("probabilities" + suffix, logits, 1);
    losses.add(sd.loss().softmaxCrossEntropy("loss" + suffix, y, logits, null).name());
  }

  /** A map as the result: mean square difference to a target of the same shape. */
  void regress(String suffix, Feature x) {
    SDVariable y = sd.placeHolder("t" + suffix, type, shape(x.channels(), x.space()));
    labels.add("t" + suffix);
    losses.add(sd.loss().meanSquaredError("loss" + suffix, y, x.v(), null).name());
  }

  SameDiff finish() {
    if (!losses.isEmpty()) {
      sd.setLossVariables(losses.toArray(new String[0]));
      sd.setTrainingConfig(
          TrainingConfig.builder()
              .updater(new Sgd(0.01))
              .dataSetFeatureMapping(features.toArray(new String[0]))
              .dataSetLabelMapping(labels.toArray(new String[0]))
              .build());
    }
    return sd;
  }

  List<String> features() {
    return features;
  }

  List<String> labels() {
    return labels;
  }
}
