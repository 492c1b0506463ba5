package org.samediff.pruning.zoo.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.zoo.nets.DemoNetwork;

class RecipeTest {
  private static final Recipe RECIPE = new Recipe(3, 32, 0.05, 1e-4);
  private static final Classifier NETWORK = Classifier.of(DemoNetwork.VGG, 1);

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 83, 250})
  void learningRateRisesOnceAndFallsOnce(int stepsPerEpoch) {
    double[] rates = rates(RECIPE.config(NETWORK, stepsPerEpoch), 3 * stepsPerEpoch);
    double peak = Arrays.stream(rates).max().orElseThrow();
    int top =
        IntStream.range(0, rates.length).filter(i -> rates[i] == peak).findFirst().orElseThrow();

    assertThat(peak).isLessThanOrEqualTo(0.05);
    assertThat(Arrays.copyOf(rates, top + 1)).isSorted();
    for (int i = top + 1; i < rates.length; i++) {
      assertThat(rates[i]).isPositive().isLessThanOrEqualTo(rates[i - 1]);
    }
  }

  @Test
  void learningRateStaysLowAfterTheRun() {
    double[] rates = rates(RECIPE.config(NETWORK, 250), 1500);

    assertThat(rates[749]).isLessThan(0.001);
    assertThat(Arrays.copyOfRange(rates, 750, 1500)).containsOnly(rates[749]);
  }

  @Test
  void configurationSurvivesAFile() {
    TrainingConfig config = RECIPE.config(NETWORK, 250);

    assertThat(rates(TrainingConfig.fromJson(config.toJson()), 750)).isEqualTo(rates(config, 750));
  }

  @Test
  void epochsAndBatchMustBePositive() {
    assertThatThrownBy(() -> RECIPE.withEpochs(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("epochs 0");
  }

  private static double[] rates(TrainingConfig config, int steps) {
    Nesterovs updater = (Nesterovs) config.getUpdater();
    return IntStream.range(0, steps).mapToDouble(i -> updater.getLearningRate(i, 0)).toArray();
  }
}
