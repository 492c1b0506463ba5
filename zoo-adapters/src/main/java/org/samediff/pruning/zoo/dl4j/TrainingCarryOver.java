package org.samediff.pruning.zoo.dl4j;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.deeplearning4j.nn.api.OptimizationAlgorithm;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.params.CenterLossParamInitializer;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.learning.regularization.Regularization;

/**
 * Makes the TrainingConfig of the layers' settings. SameDiff has one updater and one list of
 * regularisations for all variables; what differs is a downgrade to what most numbers have.
 */
final class TrainingCarryOver {
  private final NetworkConversion conversion;

  /** How many trained numbers have this updater, and this regularisation. */
  private final Map<IUpdater, Long> updaters = new LinkedHashMap<>();

  private final Map<List<Regularization>, Long> ofWeights = new LinkedHashMap<>();
  private final List<String> biased = new ArrayList<>();

  TrainingCarryOver(NetworkConversion conversion) {
    this.conversion = conversion;
  }

  void apply(List<String> labels) {
    NetworkModel model = conversion.model();
    OptimizationAlgorithm algorithm = model.defaults().getOptimizationAlgo();
    if (algorithm != OptimizationAlgorithm.STOCHASTIC_GRADIENT_DESCENT) {
      conversion.downgrade(
          "",
          algorithm.name(),
          "the network is trained by " + algorithm,
          "SameDiff takes plain gradient steps");
    }
    for (NetworkNode node : model.nodes()) {
      if (node.configuration() instanceof Layer layer) {
        read(node, layer);
      }
    }
    TrainingConfig config =
        TrainingConfig.builder()
            .updater(updater())
            .regularization(regularization())
            .minimize(model.defaults().isMinimize())
            .initialLossDataType(model.dataType())
            .dataSetFeatureMapping(model.inputs())
            .dataSetLabelMapping(labels)
            .build();
    config.setIterationCount(model.iteration());
    config.setEpochCount(model.epoch());
    conversion.sd().setTrainingConfig(config);
  }

  private void read(NetworkNode node, Layer layer) {
    if (!conversion.isTrained(node)) {
      if (layer instanceof BatchNormalization && !node.frozen()) {
        conversion.downgrade(
            node.name(),
            node.type(),
            title(node) + " lies below a frozen layer, where DL4J uses batch statistics",
            "the graph uses the running averages there in training, too");
      }
      return;
    }
    for (Map.Entry<String, INDArray> p : node.parameters().entrySet()) {
      if (isStatistic(layer, p.getKey())) {
        continue;
      }
      updaters.merge(layer.getUpdaterByParam(p.getKey()), p.getValue().length(), Long::sum);
      List<Regularization> list =
          Optional.ofNullable(layer.getRegularizationByParam(p.getKey())).orElse(List.of());
      if (layer.initializer().isWeightParam(layer, p.getKey())
          && !(layer instanceof BatchNormalization)) {
        ofWeights.merge(list, p.getValue().length(), Long::sum);
      } else if (!list.isEmpty()) {
        biased.add(node.name() + "/" + p.getKey());
      }
    }
    requirePlain(node, layer);
  }

  /** What DL4J keeps among its parameters without deriving it. */
  private static boolean isStatistic(Layer layer, String key) {
    return layer instanceof BatchNormalization
        ? !key.equals("gamma") && !key.equals("beta")
        : key.equals(CenterLossParamInitializer.CENTER_KEY);
  }

  private void requirePlain(NetworkNode node, Layer layer) {
    if (node.parameters().isEmpty()) {
      return;
    }
    if (layer.getGradientNormalization() != null
        && layer.getGradientNormalization() != GradientNormalization.None) {
      conversion.downgrade(
          node.name(),
          layer.getGradientNormalization().name(),
          title(node) + " normalises its gradient (" + layer.getGradientNormalization() + ")",
          "SameDiff takes the gradient as it is");
    }
    if (layer.getConstraints() != null && !layer.getConstraints().isEmpty()) {
      conversion.downgrade(
          node.name(),
          layer.getConstraints().get(0).getClass().getSimpleName(),
          title(node) + " constrains its parameters " + layer.getConstraints(),
          "the graph does not");
    }
    if (layer instanceof BaseLayer base && base.getWeightNoise() != null) {
      conversion.downgrade(
          node.name(),
          base.getWeightNoise().getClass().getSimpleName(),
          title(node) + " trains with noise on its weights (" + base.getWeightNoise() + ")",
          "the graph trains without");
    }
  }

  private IUpdater updater() {
    IUpdater most = most(updaters).orElseGet(() -> new Sgd(0));
    if (updaters.size() > 1) {
      conversion.downgrade(
          "",
          most.getClass().getSimpleName(),
          "the network has " + updaters.size() + " updaters, " + updaters.keySet(),
          "all variables get " + most);
    }
    return most.clone();
  }

  private List<Regularization> regularization() {
    List<Regularization> most = most(ofWeights).orElse(List.of());
    if (ofWeights.size() > 1) {
      conversion.downgrade(
          "",
          "Regularization",
          "the network regularises weights in " + ofWeights.size() + " ways, " + ofWeights.keySet(),
          "all weights get " + most);
    }
    if (!biased.isEmpty()) {
      conversion.downgrade(
          "",
          "Regularization",
          "the network regularises biases, " + biased,
          "the graph regularises weights only");
    }
    return new ArrayList<>(
        most.stream().<Regularization>map(r -> new WeightsOnly(r.clone())).toList());
  }

  private static <T> Optional<T> most(Map<T, Long> counts) {
    return counts.entrySet().stream()
        .max(Comparator.comparingLong(Map.Entry::getValue))
        .map(Map.Entry::getKey);
  }

  private static String title(NetworkNode node) {
    return "layer \"" + node.name() + "\" (" + node.type() + ")";
  }
}
