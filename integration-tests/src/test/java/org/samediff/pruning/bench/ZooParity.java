package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.layers.BatchNormalization;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.dl4j.CenterLoss;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.dl4j.Dl4jConverter;

/**
 * Every network of the zoo against DL4J: outputs in float and double, and three SGD steps in
 * double, a save and load between the second and the third.
 *
 * <pre>{@code ZooParity [name:side:batch ...]}</pre>
 *
 * <p>A batch of 0 leaves the training out. Weights are drawn anew after He (ResNet50's own
 * overflow), dropout is off, since two engines do not draw the same numbers, and L1 and L2 stay.
 * Errors are relative: of outputs to the largest output; of a variable's update over all steps to
 * that update. Variables without a gradient, biases in front of a batch norm, which DL4J moves by
 * less than a millionth of the network's largest update, count apart, relative to the latter.
 * {@code rounding} is DL4J against DL4J whose parameters start one rounding off, after the same
 * steps: no two orders of summation can be expected to agree better.
 */
final class ZooParity {
  private static final long SEED = 4;
  private static final int STEPS = 3;
  private static final List<String> DEFAULT =
      List.of(
          "alexnet:96:4",
          "darknet19:64:4",
          "facenetnn4small2:96:4",
          "inceptionresnetv1:160:4",
          "lenet:28:4",
          "resnet50:136:4",
          "simplecnn:48:4",
          "squeezenet:67:4",
          "tinyyolo:64:0",
          "unet:32:4",
          "vgg16:32:4",
          "vgg19:32:4",
          "xception:71:4",
          "yolo2:64:0");

  private ZooParity() {}

  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    ObjectNode all = json.createObjectNode();
    for (String spec : args.length == 0 ? DEFAULT : List.of(args)) {
      String[] part = spec.split(":", -1);
      ZooModels model = ZooModels.named(part[0]);
      int side = Integer.parseInt(part[1]);
      ObjectNode row = measure(json, model, side, Integer.parseInt(part[2]));
      System.out.println(model.label() + " " + side + " " + row);
      all.set(model.label() + ":" + side, row);
    }
    System.out.println(json.writeValueAsString(all));
  }

  private static ObjectNode measure(ObjectMapper json, ZooModels model, int side, int batch)
      throws Exception {
    ObjectNode row = json.createObjectNode();
    ComputationGraph net =
        ZooNetworks.withLoss(model, side, model.task() == ZooModels.Task.MASK ? 1 : 10);
    ZooNetworks.randomise(net);
    net = plain(net);
    ConversionOptions options =
        ConversionOptions.defaults()
            .withDowngradesAllowed(true)
            .withInputShape(
                net.getConfiguration().getNetworkInputs().get(0), model.channels(), side, side);
    row.put("parameters", net.numParams());
    ConvertedNetwork single = Dl4jConverter.convert(net, options);
    row.put("ops", single.graph().getOps().size());
    row.put(
        "infer_float",
        round(
            inference(
                net, single.graph(), single, ZooNetworks.images(model, side, 2, DataType.FLOAT))));
    ComputationGraph wide = net.convertDataType(DataType.DOUBLE);
    ConvertedNetwork converted = Dl4jConverter.convert(wide, options);
    INDArray features = ZooNetworks.images(model, side, Math.max(1, batch), DataType.DOUBLE);
    row.put("infer_double", round(inference(wide, converted.graph(), converted, features)));
    if (batch > 0) {
      train(row, wide, converted, options, features);
    }
    return row;
  }

  private static void train(
      ObjectNode row,
      ComputationGraph net,
      ConvertedNetwork converted,
      ConversionOptions options,
      INDArray features)
      throws Exception {
    SameDiff graph = converted.graph();
    Map<String, INDArray> before = stored(graph);
    INDArray labels = oneHot(net.outputSingle(features).shape());
    ComputationGraph shaken = shaken(net);
    for (int step = 0; step < STEPS; step++) {
      if (step == STEPS - 1) {
        graph = reloaded(graph);
      }
      net.fit(new DataSet(features.dup(), labels.dup()));
      graph.fit(new DataSet(features.dup(), labels.dup()));
      shaken.fit(new DataSet(features.dup(), labels.dup()));
      if (step == 0) {
        compare(row.putObject("one_step"), before, Dl4jConverter.convert(net, options), graph);
      }
    }
    compare(row.putObject("three_steps"), before, Dl4jConverter.convert(net, options), graph);
    SameDiff rounding = Dl4jConverter.convert(shaken, options).graph();
    compare(row.putObject("rounding"), before, Dl4jConverter.convert(net, options), rounding);
    row.put("infer_after", round(inference(net, graph, converted, features)));
  }

  /** The network with every parameter one rounding off: what DL4J differs from itself by. */
  private static ComputationGraph shaken(ComputationGraph net) {
    ComputationGraph copy = net.clone();
    Random random = new Random(SEED);
    INDArray parameters = copy.params();
    double[] values = parameters.dup().data().asDouble();
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextBoolean() ? Math.nextUp(values[i]) : Math.nextDown(values[i]);
    }
    copy.setParams(Nd4j.createFromArray(values).reshape(parameters.shape()));
    return copy;
  }

  private static void compare(
      ObjectNode row, Map<String, INDArray> before, ConvertedNetwork expected, SameDiff actual) {
    SameDiff reference = expected.graph();
    compare(row, VariableType.VARIABLE, before, reference, actual, "update", "without_gradient");
    compare(row, VariableType.CONSTANT, before, reference, actual, "statistics", "unchanged");
  }

  private static void compare(
      ObjectNode row,
      VariableType type,
      Map<String, INDArray> before,
      SameDiff expected,
      SameDiff actual,
      String moved,
      String still) {
    Map<String, double[]> distances = new LinkedHashMap<>();
    for (Map.Entry<String, INDArray> e : before.entrySet()) {
      if (expected.getVariable(e.getKey()).getVariableType() == type) {
        INDArray reference = expected.getVariable(e.getKey()).getArr();
        double update = distance(reference, e.getValue());
        double off = distance(reference, actual.getVariable(e.getKey()).getArr());
        distances.put(e.getKey(), new double[] {update, off});
      }
    }
    double largest = distances.values().stream().mapToDouble(d -> d[0]).max().orElse(0);
    double worstMoved = 0;
    double worstStill = 0;
    for (double[] d : distances.values()) {
      if (d[0] > 1e-6 * largest) {
        worstMoved = Math.max(worstMoved, d[1] / d[0]);
      } else if (d[1] > 0) {
        worstStill = Math.max(worstStill, d[1] / largest);
      }
    }
    row.put(moved, round(worstMoved));
    row.put(still, round(worstStill));
  }

  private static ComputationGraph plain(ComputationGraph net) {
    ComputationGraphConfiguration conf = net.getConfiguration().clone();
    conf.getVertices().values().stream()
        .filter(LayerVertex.class::isInstance)
        .map(v -> ((LayerVertex) v).getLayerConf().getLayer())
        .forEach(
            layer -> {
              layer.setIDropout(null);
              if (layer instanceof BaseLayer base) {
                base.setIUpdater(new Sgd(1e-2));
                base.setBiasUpdater(null);
                base.setGradientNormalization(GradientNormalization.None);
              }
            });
    ComputationGraph copy = new ComputationGraph(conf);
    copy.init();
    copy.setParams(net.params());
    return copy;
  }

  private static INDArray oneHot(long[] shape) {
    Random random = new Random(SEED);
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, shape);
    long pixels = shape.length == 4 ? shape[2] * shape[3] : 1;
    for (long i = 0; i < shape[0] * pixels; i++) {
      long n = i / pixels;
      long p = i % pixels;
      int c = random.nextInt((int) shape[1]);
      if (shape.length == 4) {
        labels.putScalar(new long[] {n, c, p / shape[3], p % shape[3]}, 1);
      } else {
        labels.putScalar(new long[] {n, c}, 1);
      }
    }
    return labels;
  }

  private static double inference(
      ComputationGraph net, SameDiff graph, ConvertedNetwork names, INDArray features) {
    INDArray expected = net.outputSingle(features);
    String output = names.outputs().get(0);
    INDArray actual = graph.output(Map.of(names.inputs().get(0), features), output).get(output);
    return distance(expected, actual) / expected.amaxNumber().doubleValue();
  }

  private static SameDiff reloaded(SameDiff graph) throws Exception {
    Path file = Files.createTempFile("zoo-parity", ".fb");
    try {
      graph.save(file.toFile(), true);
      SameDiff loaded = SameDiff.load(file.toFile(), true);
      BatchNormalization.keepRunningAverages(loaded);
      CenterLoss.keepCenters(loaded);
      return loaded;
    } finally {
      Files.delete(file);
    }
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

  private static double distance(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue();
  }

  private static double round(double value) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.1e", value));
  }
}
