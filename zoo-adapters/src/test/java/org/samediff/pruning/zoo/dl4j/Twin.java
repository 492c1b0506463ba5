package org.samediff.pruning.zoo.dl4j;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.common.util.ArrayUtil;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.samediff.pruning.layers.BatchNormalization;

/**
 * A DL4J network and its SameDiff graph, fed and trained side by side. The network runs on ND4J's
 * kernels without any code of this project, and is the reference.
 */
final class Twin {
  /** An update smaller than this share of the network's largest is measured at that size. */
  private static final double FLOOR = 1e-6;

  private final ComputationGraph net;
  private final ConversionOptions options;
  private final Map<String, INDArray> before;
  private SameDiff graph;
  final ConvertedNetwork converted;

  private Twin(ComputationGraph net, ConversionOptions options) {
    this.net = net;
    this.options = options;
    this.converted = Dl4jConverter.convert(net, options);
    this.graph = converted.graph();
    this.before = stored(graph);
  }

  /** With weights, biases and batch statistics away from their trivial start. */
  static Twin of(ComputationGraph net, ConversionOptions options, long seed) {
    randomise(net, seed);
    return new Twin(net, options);
  }

  /** The network as it is. */
  static Twin as(ComputationGraph net, ConversionOptions options) {
    return new Twin(net, options);
  }

  static void randomise(ComputationGraph net, long seed) {
    Random random = new Random(seed);
    new TreeMap<>(net.paramTable())
        .forEach(
            (name, array) -> {
              String key = name.substring(name.lastIndexOf('_') + 1);
              switch (key) {
                case "b", "beta", "mean", "cL" -> array.assign(gaussian(random, array, 0, 0.1));
                case "gamma" ->
                    array.assign(gaussian(random, array, 0.7, 0.1)); // 1 saturates ResNet50
                case "log10stdev" -> array.assign(gaussian(random, array, 0, 0.05));
                case "var" -> array.assign(Transforms.exp(gaussian(random, array, 0, 0.1)));
                case "W" -> {
                  if (array.rank() == 4) { // not the zoo's: ResNet50 would overflow
                    double fanIn = (double) array.length() / Math.max(array.size(0), 1);
                    array.assign(gaussian(random, array, 0, Math.sqrt(2 / fanIn)));
                  }
                }
                default -> {}
              }
            });
  }

  static INDArray gaussian(Random random, INDArray like, double mean, double deviation) {
    return gaussian(random, like.dataType(), like.shape()).muli(deviation).addi(mean);
  }

  static INDArray gaussian(Random random, DataType type, long... shape) {
    double[] values = new double[(int) ArrayUtil.prodLong(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape('c', shape).castTo(type).dup('c');
  }

  /** One-hot rows, or one-hot pixels. */
  static INDArray oneHot(Random random, DataType type, long... shape) {
    INDArray labels = Nd4j.zeros(type, shape);
    for (long n = 0; n < shape[0]; n++) {
      if (shape.length == 2) {
        labels.putScalar(new long[] {n, random.nextInt((int) shape[1])}, 1);
        continue;
      }
      for (long h = 0; h < shape[2]; h++) {
        for (long w = 0; w < shape[3]; w++) {
          labels.putScalar(new long[] {n, random.nextInt((int) shape[1]), h, w}, 1);
        }
      }
    }
    return labels;
  }

  /** Largest difference of the output, relative to its scale. */
  double inference(INDArray features) {
    INDArray expected = net.outputSingle(features);
    INDArray actual =
        graph
            .output(Map.of(converted.inputs().get(0), features), converted.outputs())
            .get(converted.outputs().get(0));
    return expected.sub(actual).amaxNumber().doubleValue()
        / Math.max(1e-300, expected.amaxNumber().doubleValue());
  }

  /** Trains both on the batch. */
  void step(INDArray features, INDArray labels, int steps) {
    for (int i = 0; i < steps; i++) {
      net.fit(new DataSet(features.dup(), labels.dup()));
      graph.fit(new DataSet(features.dup(), labels.dup()));
    }
  }

  /** Saves the graph and goes on with what is loaded. */
  void reload() throws IOException {
    Path file = Files.createTempFile("twin", ".fb");
    try {
      File asFile = file.toFile();
      graph.save(asFile, true);
      graph = SameDiff.load(asFile, true);
      BatchNormalization.keepRunningAverages(graph);
      CenterLoss.keepCenters(graph);
    } finally {
      Files.delete(file);
    }
  }

  /** The largest relative difference of a variable's update since the start; name to value. */
  Map.Entry<String, Double> updateError() {
    return worst(VariableType.VARIABLE);
  }

  /** The same of what is kept besides: running averages, centers. */
  Map.Entry<String, Double> statisticsError() {
    return worst(VariableType.CONSTANT);
  }

  private Map.Entry<String, Double> worst(VariableType type) {
    Map<String, INDArray> expected = stored(Dl4jConverter.convert(net, options).graph());
    double largest = 0;
    for (Map.Entry<String, INDArray> e : expected.entrySet()) {
      if (typeOf(e.getKey()) == type) {
        largest = Math.max(largest, distance(e.getValue(), before.get(e.getKey())));
      }
    }
    Map.Entry<String, Double> worst = Map.entry("", 0.0);
    for (Map.Entry<String, INDArray> e : expected.entrySet()) {
      if (typeOf(e.getKey()) != type) {
        continue;
      }
      INDArray actual = graph.getVariable(e.getKey()).getArr();
      double update = distance(e.getValue(), before.get(e.getKey()));
      double difference = distance(e.getValue(), actual);
      double error = difference == 0 ? 0 : difference / Math.max(update, FLOOR * largest);
      if (!(error <= worst.getValue())) {
        worst = Map.entry(e.getKey(), error);
      }
    }
    if (largest == 0 && type == VariableType.VARIABLE) {
      throw new AssertionError("nothing was trained");
    }
    return worst;
  }

  private VariableType typeOf(String name) {
    return converted.graph().getVariable(name).getVariableType();
  }

  private static double distance(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue();
  }

  private static Map<String, INDArray> stored(SameDiff sd) {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    for (SDVariable v : sd.variables()) {
      boolean stored =
          v.getVariableType() == VariableType.VARIABLE
              || v.getVariableType() == VariableType.CONSTANT;
      if (stored && v.dataType().isFPType()) {
        arrays.put(v.name(), v.getArr().dup());
      }
    }
    return arrays;
  }

  SameDiff graph() {
    return graph;
  }

  ComputationGraph net() {
    return net;
  }
}
