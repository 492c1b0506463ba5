package org.samediff.pruning.zoo.dl4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

/** Makes the TrainingConfig of the layers' settings, of which SameDiff has one for all. */
final class TrainingCarryOver {
  private final NetworkConversion conversion;

  TrainingCarryOver(NetworkConversion conversion) {
    this.conversion = conversion;
  }

  void apply(List<String> labels) {
    NetworkModel model = conversion.model();
    TrainingConfig config =
        TrainingConfig.builder()
            .updater(updater())
            .minimize(model.defaults().isMinimize())
            .initialLossDataType(model.dataType())
            .dataSetFeatureMapping(model.inputs())
            .dataSetLabelMapping(labels)
            .build();
    config.setIterationCount(model.iteration());
    config.setEpochCount(model.epoch());
    conversion.sd().setTrainingConfig(config);
  }

  private IUpdater updater() {
    Map<IUpdater, Long> weights = new LinkedHashMap<>();
    for (NetworkNode node : conversion.model().nodes()) {
      if (node.configuration() instanceof Layer layer && conversion.isTrained(node)) {
        for (Map.Entry<String, INDArray> p : node.parameters().entrySet()) {
          weights.merge(layer.getUpdaterByParam(p.getKey()), p.getValue().length(), Long::sum);
        }
      }
    }
    return weights.keySet().iterator().next();
  }
}
