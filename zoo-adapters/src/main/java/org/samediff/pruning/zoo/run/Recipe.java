package org.samediff.pruning.zoo.run;

import java.util.ArrayList;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * How a network is trained: Nesterov momentum 0.9, and a learning rate that rises to its peak over
 * the first 30 % of the run and falls to almost nothing at its end. After Smith and Topin,
 * Super-Convergence, 2018.
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

  private static final int LEVELS = 50;
  private static final double RISE = 0.3;

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

  /** This recipe with another batch size. */
  public Recipe withBatch(int newBatch) {
    return new Recipe(epochs, newBatch, peakLearningRate, l2);
  }

  /** This recipe with another peak of the learning rate. */
  public Recipe withPeakLearningRate(double newPeak) {
    return new Recipe(epochs, batch, newPeak, l2);
  }

  /** The configuration for SameDiff. */
  TrainingConfig config(Classifier classifier, int stepsPerEpoch) {
    TrainingConfig config =
        TrainingConfig.builder()
            .updater(new Nesterovs(learningRate(epochs * stepsPerEpoch), MOMENTUM))
            .regularization(new L2Regularization(l2))
            .dataSetFeatureMapping(classifier.input())
            .dataSetLabelMapping(classifier.labels())
            .build();
    // SameDiff does not run a loss that no gradient needs, and reports 0; an evaluation makes it.
    config.getTrainEvaluations().put(classifier.loss(), new ArrayList<>());
    config.getTrainEvaluationLabels().put(classifier.loss(), 0);
    return config;
  }

  /**
   * In levels, which a file of the graph holds and which stay at the last one should training go
   * on. ND4J's CycleSchedule jumps to the peak for a step near the end where the steps do not
   * divide.
   */
  private MapSchedule learningRate(int steps) {
    MapSchedule.Builder schedule = new MapSchedule.Builder(ScheduleType.ITERATION);
    for (int level = 0; level < LEVELS; level++) {
      double time = (level + 0.5) / LEVELS;
      double share = time < RISE ? time / RISE : (1 - time) / (1 - RISE);
      schedule.add((int) ((long) level * steps / LEVELS), peakLearningRate * share);
    }
    return schedule.build();
  }
}
