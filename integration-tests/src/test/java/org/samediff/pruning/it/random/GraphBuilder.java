package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.ops.TrainableBatchNorm;

/** Makes the SameDiff graph of a spec. Layer 3 writes the variable {@code v3}. */
final class GraphBuilder {
  static final String LABELS = "labels";
  static final String LOSS = "loss";

  private final GraphSpec spec;
  private final DataType type;
  private final SameDiff sd = SameDiff.create();
  private final List<SDVariable> values = new ArrayList<>();
  private final Map<String, SDVariable[]> several = new HashMap<>();

  private GraphBuilder(GraphSpec spec, DataType type) {
    this.spec = spec;
    this.type = type;
  }

  /**
   * The graph, with a TrainingConfig if it has a loss.
   *
   * @param spec a valid one
   * @param type FLOAT or DOUBLE
   */
  static SameDiff build(GraphSpec spec, DataType type) {
    TrainableBatchNorm.register();
    return new GraphBuilder(spec, type).build();
  }

  /** Name of a value's variable. */
  static String name(int value) {
    return "v" + value;
  }

  private SameDiff build() {
    List<Shape> shapes = spec.shapes().orElseThrow();
    for (int i = 0; i < spec.inputs().size(); i++) {
      values.add(sd.placeHolder(name(i), type, spec.inputs().get(i).withBatch(-1)));
    }
    for (int v = spec.inputs().size(); v < spec.values(); v++) {
      Layer layer = spec.layer(v);
      Site site = site(v, layer, shapes);
      SDVariable out = LayerKinds.of(layer.kind()).build().build(site);
      // a part of a split that another layer has taken already
      SDVariable own = values.contains(out) ? sd.identity(out) : out;
      values.add(sd.updateVariableNameAndReference(own, name(v)));
    }
    spec.end().ifPresent(end -> close(end, shapes.get(end.value())));
    return sd;
  }

  private Site site(int v, Layer layer, List<Shape> shapes) {
    return new Site(
        sd,
        type,
        spec.seed(),
        v,
        layer,
        layer.inputs().stream().map(values::get).toList(),
        layer.inputs().stream().map(shapes::get).toList(),
        several);
  }

  private void close(GraphSpec.End end, Shape shape) {
    SDVariable features = values.get(end.value());
    int width = shape.channels();
    if (shape.rank() > 2 && end.pool()) {
      features = features.mean("pooled", false, shape.spaceAxes());
    } else if (shape.rank() > 2) {
      width = shape.elements();
      features = sd.reshape("flat", features, -1, width);
    }
    Layer none = new Layer("dense", List.of(), Map.of());
    Site site = site(spec.values(), none, List.of());
    SDVariable logits =
        features
            .mmul("product", site.weight("W", width, width, end.classes()))
            .add("logits", site.shift("b", end.classes()));
    sd.nn().softmax("probs", logits, 1);
    SDVariable labels = sd.placeHolder(LABELS, type, -1, end.classes());
    sd.loss().softmaxCrossEntropy(LOSS, labels, logits, null);
    sd.setLossVariables(LOSS);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Sgd(0.01))
            .dataSetFeatureMapping(
                IntStream.range(0, spec.inputs().size())
                    .mapToObj(GraphBuilder::name)
                    .toArray(String[]::new))
            .dataSetLabelMapping(LABELS)
            .build());
  }

  /** An array for each placeholder of the graph, the same numbers in every precision. */
  static Map<String, INDArray> inputs(GraphSpec spec, DataType type, int batch) {
    Random random = new Random(spec.seed());
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    for (int i = 0; i < spec.inputs().size(); i++) {
      Shape shape = spec.inputs().get(i);
      double[] data = new double[batch * shape.elements()];
      for (int e = 0; e < data.length; e++) {
        data[e] = random.nextGaussian();
      }
      INDArray array = Nd4j.createFromArray(data).castTo(type);
      inputs.put(name(i), array.reshape('c', shape.withBatch(batch)).dup('c'));
    }
    spec.end()
        .ifPresent(
            end -> {
              INDArray labels = Nd4j.zeros(type, batch, end.classes());
              for (int n = 0; n < batch; n++) {
                labels.putScalar(new int[] {n, n % end.classes()}, 1);
              }
              inputs.put(LABELS, labels);
            });
    return inputs;
  }
}
