package org.samediff.pruning.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.testing.Nets;

class BatchNormalizationTest {
  private static final long SEED = 23;
  private static final double DECAY = 0.8;
  private static final double EPSILON = 1e-3;

  /** How the normalised map comes about. */
  enum Layout {
    NCHW(1, 3, 2, 4, 5),
    NHWC(3, 3, 4, 5, 2),
    MATRIX(1, 5, 3),
    VOLUME(1, 2, 3, 2, 2, 3);

    final int axis;
    final long[] input;

    Layout(int axis, long... input) {
      this.axis = axis;
      this.input = input;
    }

    int channels() {
      return this == VOLUME ? 3 : 4;
    }
  }

  static Stream<Layout> layouts() {
    return Stream.of(Layout.values());
  }

  /** {@code loss = sum(c * tanh(batch_norm(op(x, W))))} with random everything. */
  private static SameDiff graph(DataType type, Layout layout) {
    Random random = new Random(SEED);
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.var("x", Nets.gaussian(type, random, 1, layout.input));
    SDVariable h = x;
    int channels = layout.channels();
    if (layout == Layout.MATRIX) {
      h = x.mmul("h", sd.var("W", Nets.gaussian(type, random, 1, 3, channels)));
    } else if (layout != Layout.VOLUME) {
      SDVariable w = sd.var("W", Nets.gaussian(type, random, 0.5, 2, 2, 2, channels));
      h = sd.cnn().conv2d("h", x, w, convolution(layout));
    }
    SDVariable y = BatchNormalization.apply(sd, "bn", h, channels, layout.axis, EPSILON, DECAY);
    fill(sd, random, type, channels);
    long[] shape = layout.input.clone();
    shape[layout.axis] = channels;
    sd.math().tanh(y).mul(sd.constant("c", Nets.gaussian(type, random, 1, shape))).sum("loss");
    sd.setLossVariables("loss");
    return sd;
  }

  private static void fill(SameDiff sd, Random random, DataType type, int channels) {
    sd.getVariable("bn/gamma").getArr().assign(Nets.gaussian(type, random, 0.4, channels).addi(1));
    sd.getVariable("bn/beta").getArr().assign(Nets.gaussian(type, random, 0.4, channels));
    sd.getVariable("bn/mean").getArr().assign(Nets.gaussian(type, random, 0.4, channels));
    sd.getVariable("bn/var").getArr().assign(Nets.gaussian(type, random, 0.1, channels).addi(2));
  }

  private static Conv2DConfig convolution(Layout layout) {
    return Conv2DConfig.builder()
        .kH(2)
        .kW(2)
        .sH(1)
        .sW(1)
        .paddingMode(PaddingMode.SAME)
        .dataFormat(layout == Layout.NHWC ? "NHWC" : "NCHW")
        .weightsFormat(WeightsFormat.YXIO)
        .build();
  }

  /** Mean and biased variance over every axis but one, in plain Java. */
  private static double[][] moments(INDArray map, int axis) {
    int channels = (int) map.size(axis);
    long inner = 1;
    for (int d = axis + 1; d < map.rank(); d++) {
      inner *= map.size(d);
    }
    double[] values = Compare.values(map);
    double[][] moments = new double[2][channels];
    for (int i = 0; i < values.length; i++) {
      moments[0][(int) (i / inner % channels)] += values[i] * channels / values.length;
    }
    for (int i = 0; i < values.length; i++) {
      int c = (int) (i / inner % channels);
      double d = values[i] - moments[0][c];
      moments[1][c] += d * d * channels / values.length;
    }
    return moments;
  }

  private static double[] normalised(
      INDArray map, int axis, double[] mean, double[] var, SameDiff sd) {
    long inner = 1;
    for (int d = axis + 1; d < map.rank(); d++) {
      inner *= map.size(d);
    }
    double[] gamma = Compare.values(sd.getVariable("bn/gamma").getArr());
    double[] beta = Compare.values(sd.getVariable("bn/beta").getArr());
    double[] values = Compare.values(map);
    for (int i = 0; i < values.length; i++) {
      int c = (int) (i / inner % mean.length);
      values[i] = gamma[c] * (values[i] - mean[c]) / Math.sqrt(var[c] + EPSILON) + beta[c];
    }
    return values;
  }

  private static String map(Layout layout) {
    return layout == Layout.VOLUME ? "x" : "h";
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void gradientsAgainstFiniteDifferences(Layout layout) {
    SameDiff sd = graph(DataType.DOUBLE, layout);
    List<String> parameters = Compare.parameters(sd);
    assertThat(parameters).contains("x", "bn/gamma", "bn/beta");
    Map<String, INDArray> gradients = Compare.gradients(sd, Map.of(), parameters);

    for (String p : parameters) {
      double[] slopes =
          Compare.slopes(
              sd.getVariable(p).getArr(),
              1e-5,
              () -> Compare.inTraining(sd, Map.of(), List.of("loss")).get("loss").getDouble(0));
      assertThat(Compare.worst(slopes, Compare.values(gradients.get(p))))
          .as("seed %d, %s: largest difference of dL/d%s, of the scale", SEED, layout, p)
          .isLessThan(1e-7);
    }
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void trainingUsesTheBatchAndInferenceTheRunningAverages(Layout layout) {
    SameDiff sd = graph(DataType.DOUBLE, layout);
    INDArray map = Probe.run(sd, Map.of(), List.of(map(layout))).get(map(layout));
    double[][] batch = moments(map, layout.axis);

    Map<String, INDArray> training =
        Compare.inTraining(sd, Map.of(), List.of("bn", "bn/batch_mean", "bn/batch_var"));
    INDArray inference = Probe.run(sd, Map.of(), List.of("bn")).get("bn");

    assertThat(Compare.worst(batch[0], Compare.values(training.get("bn/batch_mean"))))
        .isLessThan(1e-12);
    assertThat(Compare.worst(batch[1], Compare.values(training.get("bn/batch_var"))))
        .as("biased variance")
        .isLessThan(1e-12);
    assertThat(
            Compare.worst(
                normalised(map, layout.axis, batch[0], batch[1], sd),
                Compare.values(training.get("bn"))))
        .isLessThan(1e-12);
    double[] mean = Compare.values(sd.getVariable("bn/mean").getArr());
    double[] var = Compare.values(sd.getVariable("bn/var").getArr());
    assertThat(
            Compare.worst(normalised(map, layout.axis, mean, var, sd), Compare.values(inference)))
        .isLessThan(1e-12);
    assertThat(Compare.worst(Compare.values(inference), Compare.values(training.get("bn"))))
        .as("the two are not the same to begin with")
        .isGreaterThan(0.01);
  }

  /** Keeps what the batch norms' moments were at each step. */
  private static final class Moments extends BaseListener {
    final Map<String, List<double[]>> seen = new LinkedHashMap<>();

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void activationAvailable(
        SameDiff sd, At at, MultiDataSet batch, SameDiffOp op, String name, INDArray activation) {
      if (name.endsWith("/batch_mean") || name.endsWith("/batch_var")) {
        seen.computeIfAbsent(name, n -> new ArrayList<>()).add(Compare.values(activation));
      }
    }
  }

  private static final List<String> NORMS =
      List.of("stem_bn", "a_bn1", "a_bn2", "b_bn1", "b_bn2", "b_bn3", "c_bn1", "c_bn2");

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE"})
  void runningAveragesFollowTheBatches(DataType type) {
    SameDiff sd = Nets.resnet(type, SEED);
    Map<String, INDArray> before = Compare.arrays(sd);
    List<DataSet> data = Nets.data(type, SEED, 3, 6);
    Moments moments = new Moments();

    INDArray firstMap =
        Probe.run(sd, Map.of("x", data.get(0).getFeatures()), List.of("stem")).get("stem");
    sd.fit(new Batches(data), 2, moments);

    double[][] expected = moments(firstMap, 1);
    assertThat(Compare.worst(expected[0], moments.seen.get("stem_bn/batch_mean").get(0)))
        .isLessThan(1e-6);
    assertThat(Compare.worst(expected[1], moments.seen.get("stem_bn/batch_var").get(0)))
        .isLessThan(1e-6);
    for (String bn : NORMS) {
      for (String what : List.of("mean", "var")) {
        double[] running = Compare.values(before.get(bn + "/" + what));
        List<double[]> batches = moments.seen.get(bn + "/batch_" + what);
        assertThat(batches).as("%s: one update for each of the steps", bn).hasSize(6);
        for (double[] batch : batches) {
          for (int c = 0; c < running.length; c++) {
            running[c] = running[c] * 0.9 + batch[c] * (1 - 0.9);
          }
        }
        double[] actual = Compare.values(sd.getVariable(bn + "/" + what).getArr());
        if (type == DataType.DOUBLE) {
          assertThat(actual).as("%s/%s", bn, what).containsExactly(running);
        } else {
          assertThat(actual).as("%s/%s", bn, what).containsExactly(running, within(2e-6));
        }
      }
    }
  }

  @Test
  void averagesAreUpdatedOnceHoweverOftenTheListenerIsThere() {
    List<DataSet> data = Nets.data(DataType.FLOAT, SEED, 2, 5);
    SameDiff once = Nets.resnet(DataType.FLOAT, SEED);
    once.fit(new Batches(data), 2);

    SameDiff twice = Nets.resnet(DataType.FLOAT, SEED);
    BatchNormalization.keepRunningAverages(twice);
    BatchNormalization.keepRunningAverages(twice);
    twice.fit(new Batches(data), 2, new RunningAverages());

    assertThat(twice.getListeners().stream().filter(RunningAverages.class::isInstance)).hasSize(1);
    Compare.assertSameArrays("passed to fit as well", once, twice);
    assertThat(once.getVariable("stem_bn/mean").getArr())
        .as("they do move")
        .isNotEqualTo(Nets.resnet(DataType.FLOAT, SEED).getVariable("stem_bn/mean").getArr());
  }

  @Test
  void gradientsAndOutputsLeaveTheAveragesAlone() {
    SameDiff sd = Nets.resnet(DataType.FLOAT, SEED);
    Map<String, INDArray> before = Compare.arrays(sd);
    DataSet batch = Nets.data(DataType.FLOAT, SEED, 1, 5).get(0);
    Map<String, INDArray> inputs = Map.of("x", batch.getFeatures(), "y", batch.getLabels());

    sd.calculateGradients(inputs, "stem_W", "c_bn2/gamma");
    sd.output(inputs, "probs", "loss");

    Compare.arrays(sd).forEach((name, a) -> Compare.assertSame(name, before.get(name), a));
  }

  @Test
  void trainsOnFromAFileAsIfNothingHadHappened(@TempDir Path dir) throws IOException {
    List<DataSet> data = Nets.data(DataType.FLOAT, SEED, 3, 6);
    SameDiff uninterrupted = Nets.resnet(DataType.FLOAT, SEED);
    uninterrupted.fit(new Batches(data), 2);

    SameDiff first = Nets.resnet(DataType.FLOAT, SEED);
    first.fit(new Batches(data), 1);
    File file = dir.resolve("half.fb").toFile();
    first.save(file, true);
    SameDiff loaded = SameDiff.load(file, true);
    Map<String, INDArray> x = Map.of("x", data.get(0).getFeatures());
    Compare.assertSame(
        "inference of the loaded graph",
        first.output(x, "probs").get("probs"),
        loaded.output(x, "probs").get("probs"));
    BatchNormalization.keepRunningAverages(loaded);
    loaded.fit(new Batches(data), 1);

    Compare.assertSameArrays("after the second epoch", uninterrupted, loaded);
    assertThat(loaded.getVariable("stem_bn/mean").getArr())
        .isNotEqualTo(first.getVariable("stem_bn/mean").getArr());
  }

  /** A graph of the user's own, built before this library was heard of. */
  @ParameterizedTest
  @EnumSource(
      value = Layout.class,
      names = {"NCHW", "NHWC"})
  void stockBatchNormTrainsAsOursDoes(Layout layout) {
    SameDiff ours = graph(DataType.DOUBLE, layout);
    SameDiff stock = SameDiff.create();
    Map<String, INDArray> arrays = Compare.arrays(ours);
    SDVariable x = stock.var("x", arrays.get("x"));
    SDVariable w = stock.var("W", arrays.get("W"));
    SDVariable y =
        stock
            .nn()
            .batchNorm(
                "bn",
                stock.cnn().conv2d("h", x, w, convolution(layout)),
                stock.constant("bn/mean", arrays.get("bn/mean")),
                stock.constant("bn/var", arrays.get("bn/var")),
                stock.var("bn/gamma", arrays.get("bn/gamma")),
                stock.var("bn/beta", arrays.get("bn/beta")),
                EPSILON,
                layout.axis);
    stock.math().tanh(y).mul(stock.constant("c", arrays.get("c"))).sum("loss");
    stock.setLossVariables("loss");
    BatchNormalization.keepRunningAverages(stock);

    Compare.assertSame(
        "inference", ours.outputSingle(Map.of(), "bn"), stock.outputSingle(Map.of(), "bn"));
    List<String> parameters = List.of("x", "W", "bn/gamma", "bn/beta");
    Map<String, INDArray> expected = Compare.gradients(ours, Map.of(), parameters);
    Compare.gradients(stock, Map.of(), parameters)
        .forEach((name, g) -> Compare.assertSame("dL/d" + name, expected.get(name), g));
  }

  @Test
  void stockBatchNormLearnsInFit() {
    SameDiff sd = SameDiff.create();
    Random random = new Random(SEED);
    DataType type = DataType.FLOAT;
    SDVariable x = sd.placeHolder("x", type, -1, 3, Nets.SIDE, Nets.SIDE);
    SDVariable w = sd.var("W", Nets.gaussian(type, random, 0.3, 2, 2, 3, 6));
    SDVariable h =
        sd.nn()
            .batchNorm(
                "bn",
                sd.cnn().conv2d("h", x, w, convolution(Layout.NCHW)),
                sd.constant("mean", Nd4j.zeros(type, 6)),
                sd.constant("var", Nd4j.ones(type, 6)),
                sd.var("gamma", Nd4j.ones(type, 6)),
                sd.var("beta", Nd4j.zeros(type, 6)),
                EPSILON,
                1);
    SDVariable logits =
        sd.nn()
            .relu(h, 0)
            .mean("gap", false, 2, 3)
            .mmul("logits", sd.var("V", Nets.gaussian(type, random, 0.4, 6, Nets.CLASSES)));
    sd.loss()
        .softmaxCrossEntropy("loss", sd.placeHolder("y", type, -1, Nets.CLASSES), logits, null);
    sd.setLossVariables("loss");
    Nets.train(sd, new Sgd(0.5));
    BatchNormalization.keepRunningAverages(sd);
    DataSet batch = Nets.data(type, SEED, 1, 16).get(0);
    Map<String, INDArray> inputs = Map.of("x", batch.getFeatures(), "y", batch.getLabels());
    double before = Compare.inTraining(sd, inputs, List.of("loss")).get("loss").getDouble(0);

    sd.fit(new Batches(List.of(batch)), 40);

    double after = Compare.inTraining(sd, inputs, List.of("loss")).get("loss").getDouble(0);
    double inference = sd.output(inputs, "loss").get("loss").getDouble(0);
    assertThat(after).as("seed %d: loss was %s", SEED, before).isLessThan(before / 2);
    assertThat(inference)
        .as("running averages have caught up")
        .isCloseTo(after, within(0.1 * before));
    assertThat(sd.getVariable("mean").getArr().norm2Number().doubleValue()).isGreaterThan(0);
  }

  @Test
  void refusesADecayThatNeverForgets() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.var("x", DataType.FLOAT, 2, 3);
    for (double decay : new double[] {-0.1, 1, Double.NaN}) {
      assertThat(catchThrowable(() -> BatchNormalization.apply(sd, "bn", x, 3, 1, EPSILON, decay)))
          .as("decay %s", decay)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("decay");
    }
  }

  /** A listener of the user's beside ours sees the same run. */
  @Test
  void otherListenersStay() {
    SameDiff sd = Nets.resnet(DataType.FLOAT, SEED);
    Listener mine = new Moments();
    sd.addListeners(mine);

    sd.fit(new Batches(Nets.data(DataType.FLOAT, SEED, 2, 4)), 1);

    assertThat(sd.getListeners()).hasSize(2).contains(mine);
    assertThat(((Moments) mine).seen.get("stem_bn/batch_mean")).hasSize(2);
  }
}
