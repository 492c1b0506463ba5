package org.samediff.pruning.zoo.demo;

import java.util.ArrayList;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.schedule.CycleSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * How a demo network is trained: Nesterov momentum 0.9, and a learning rate that rises to its peak
 * over the first half of the run and falls again, to 1 % in the last tenth.
 *
 * @param epochs passes over the training images, at least 1
 * @param batch images per step, at least 1
 * @param peakLearningRate the highest learning rate
 * @param l2 factor of the L2 penalty
 */
public record Recipe(int epochs, int batch, double peakLearningRate, double l2) {
  private static final double MOMENTUM = 0.9;
  private static final int BATCH = 32;

  /** As many as let the whole demo end within five minutes on two cores. */
  private static final int EPOCHS = 3;

  private static final double L2 = 5e-4;

  /**
   * @throws IllegalArgumentException if epochs or batch is below 1
   */
  public Recipe {
    if (epochs < 1 || batch < 1) {
      throw new IllegalArgumentException(
          "epochs " + epochs + " and batch " + batch + " must be at least 1");
    }
  }

  /** The demo's training from random weights. */
  public static Recipe training() {
    return new Recipe(EPOCHS, BATCH, 0.05, L2);
  }

  /** The demo's training on from trained weights, while filters are pruned. */
  public static Recipe pruning() {
    return new Recipe(EPOCHS, BATCH, 0.03, L2);
  }

  /** This recipe with another number of epochs. */
  public Recipe withEpochs(int newEpochs) {
    return new Recipe(newEpochs, batch, peakLearningRate, l2);
  }

  /** The configuration for SameDiff. */
  TrainingConfig config(int stepsPerEpoch) {
    int steps = epochs * stepsPerEpoch;
    CycleSchedule learningRate =
        new CycleSchedule(
            ScheduleType.ITERATION,
            peakLearningRate / 10,
            peakLearningRate,
            steps,
            Math.max(1, steps / 10),
            0.1);
    TrainingConfig config =
        TrainingConfig.builder()
            .updater(new Nesterovs(learningRate, MOMENTUM))
            .regularization(new L2Regularization(l2))
            .dataSetFeatureMapping(DemoNetwork.INPUT)
            .dataSetLabelMapping(DemoNetwork.LABELS)
            .build();
    // SameDiff does not run a loss that no gradient needs, and reports 0; an evaluation makes it.
    config.getTrainEvaluations().put(DemoNetwork.LOSS, new ArrayList<>());
    config.getTrainEvaluationLabels().put(DemoNetwork.LOSS, 0);
    return config;
  }
}
