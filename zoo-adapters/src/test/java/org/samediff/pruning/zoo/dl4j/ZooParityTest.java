package org.samediff.pruning.zoo.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.graph.LayerVertex;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.PruningCheck;
import org.samediff.pruning.Verdict;
import org.samediff.pruning.zoo.catalogue.ZooModels;

/**
 * Whole networks of the zoo against DL4J, at small sides; all of them, larger and trained, are the
 * figure {@code zoo-parity}.
 */
class ZooParityTest {
  private static final long SEED = 4;

  private static ComputationGraph network(ZooModels model, int side) {
    int classes = model.task() == ZooModels.Task.MASK ? 1 : 10;
    Object net = model.build(classes, side, SEED);
    return net instanceof MultiLayerNetwork chain
        ? chain.toComputationGraph()
        : (ComputationGraph) net;
  }

  private static ConversionOptions options(ZooModels model, ComputationGraph net, int side) {
    return ConversionOptions.defaults()
        .withDowngradesAllowed(true)
        .withInputShape(
            net.getConfiguration().getNetworkInputs().get(0), model.channels(), side, side);
  }

  private static INDArray images(ZooModels model, DataType type, int batch, int side) {
    return Twin.gaussian(new Random(SEED), type, batch, model.channels(), side, side);
  }

  @ParameterizedTest
  @CsvSource({
    "LENET, 28",
    "SQUEEZENET, 67",
    "DARKNET19, 32",
    "SIMPLECNN, 48",
    "RESNET50, 136",
    "UNET, 16"
  })
  void infersAsDl4jInFloat(ZooModels model, int side) {
    ComputationGraph net = network(model, side);
    Twin twin = Twin.of(net, options(model, net, side), SEED);
    assertThat(twin.inference(images(model, DataType.FLOAT, 2, side))).isLessThanOrEqualTo(1e-5);
  }

  @ParameterizedTest
  @CsvSource({"LENET, 28, 1e-12", "SQUEEZENET, 67, 5e-12"})
  void trainsAsDl4jInDouble(ZooModels model, int side, double tolerance) throws Exception {
    ComputationGraph built = network(model, side);
    Twin.randomise(built, SEED);
    ComputationGraph net = plain(built).convertDataType(DataType.DOUBLE);
    Twin twin = Twin.as(net, options(model, net, side));
    INDArray features = images(model, DataType.DOUBLE, 4, side);
    INDArray labels =
        Twin.oneHot(new Random(SEED), DataType.DOUBLE, net.outputSingle(features).shape());
    assertThat(twin.inference(features)).isLessThanOrEqualTo(1e-9);
    twin.step(features, labels, 2);
    twin.reload();
    twin.step(features, labels, 1);
    assertThat(twin.updateError()).matches(e -> e.getValue() <= tolerance, "within " + tolerance);
    assertThat(twin.statisticsError()).matches(e -> e.getValue() <= 1e-12, "within 1e-12");
    assertThat(twin.inference(features)).isLessThanOrEqualTo(1e-9);
  }

  /** With plain gradient steps and without dropout, whose numbers two engines do not share. */
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
              }
            });
    ComputationGraph copy = new ComputationGraph(conf);
    copy.init();
    copy.setParams(net.params());
    return copy;
  }

  @ParameterizedTest
  @CsvSource({"LENET, 28, 70, 70", "VGG16, 32, 4224, 4224", "SQUEEZENET, 67, 2954, 2112"})
  void halfOfTheFiltersCanGo(ZooModels model, int side, long filters, long prunable) {
    ComputationGraph net = network(model, side);
    ConvertedNetwork converted = Dl4jConverter.convert(net, options(model, net, side));
    Verdict verdict = PruningCheck.of(converted.graph(), 0.5);
    assertThat(verdict).isInstanceOf(Verdict.Equal.class);
    assertThat(verdict.toString())
        .contains(prunable / 2 + " of " + prunable + " channels cut")
        .contains("filters " + filters + " -> " + (filters - prunable / 2));
  }
}
