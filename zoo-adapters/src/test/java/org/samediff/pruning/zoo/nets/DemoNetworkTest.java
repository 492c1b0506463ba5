package org.samediff.pruning.zoo.nets;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;

class DemoNetworkTest {
  @ParameterizedTest
  @EnumSource(DemoNetwork.class)
  void classifiesABatchOfAnySize(DemoNetwork network) {
    SameDiff sd = network.build(1);

    for (int batch : new int[] {1, 3}) {
      assertThat(logits(sd, images(batch)).shape()).containsExactly(batch, 10);
    }
  }

  @ParameterizedTest
  @EnumSource(DemoNetwork.class)
  void sameSeedSameWeights(DemoNetwork network) {
    INDArray images = images(2);
    INDArray one = logits(network.build(1), images);

    assertThat(logits(network.build(1), images)).isEqualTo(one);
    assertThat(logits(network.build(2), images)).isNotEqualTo(one);
  }

  @ParameterizedTest
  @EnumSource(DemoNetwork.class)
  void learnsABatchByHeart(DemoNetwork network) {
    SameDiff sd = network.build(1);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.01, 0.9))
            .dataSetFeatureMapping(DemoNetwork.INPUT)
            .dataSetLabelMapping(DemoNetwork.LABELS)
            .build());
    INDArray labels = Nd4j.eye(10).castTo(DataType.FLOAT);
    DataSet batch = new DataSet(images(10), labels);
    sd.fit(new SingletonDataSetIterator(batch), 40);

    assertThat(logits(sd, batch.getFeatures()).argMax(1)).isEqualTo(labels.argMax(1));
  }

  private static INDArray logits(SameDiff sd, INDArray images) {
    return sd.output(Map.of(DemoNetwork.INPUT, images), DemoNetwork.LOGITS).get(DemoNetwork.LOGITS);
  }

  private static INDArray images(int count) {
    Nd4j.getRandom().setSeed(5);
    return Nd4j.randn(DataType.FLOAT, count, 1, 28, 28);
  }
}
