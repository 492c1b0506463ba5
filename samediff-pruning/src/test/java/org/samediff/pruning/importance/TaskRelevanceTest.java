package org.samediff.pruning.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskRelevanceTest {
  private static final int CLASSES = 3;
  private static final int FILTERS = 5;

  /**
   * Responses whose filter k follows the class with strength k/4: filter 0 is noise. Labels
   * one-hot.
   */
  private static References.Responses batch(Random random, int examples) {
    double[][] p = new double[examples][FILTERS];
    double[][] y = new double[examples][CLASSES];
    for (int n = 0; n < examples; n++) {
      int c = random.nextInt(CLASSES);
      y[n][c] = 1;
      for (int k = 0; k < FILTERS; k++) {
        p[n][k] = 3 + c * k / 4.0 + 0.5 * random.nextGaussian();
      }
    }
    return new References.Responses(p, y);
  }

  private static void add(TaskRelevance relevance, References.Responses batch) {
    int n = batch.p().length;
    double[] flat = new double[n * batch.p()[0].length];
    double[] labels = new double[n * batch.y()[0].length];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = batch.p()[i / batch.p()[0].length][i % batch.p()[0].length];
    }
    for (int i = 0; i < labels.length; i++) {
      labels[i] = batch.y()[i / batch.y()[0].length][i % batch.y()[0].length];
    }
    relevance.add(flat, new StepLabels(labels, n, batch.y()[0].length));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void movingTablesEqualTheWeightedFormula(long seed) {
    Random random = new Random(seed);
    double decay = random.nextDouble();
    TaskRelevance relevance = new TaskRelevance(FILTERS, decay);
    List<References.Responses> steps = new ArrayList<>();
    for (int s = 0; s < 6; s++) {
      // the last one short
      References.Responses batch = batch(random, s == 5 ? 2 : 8 + random.nextInt(40));
      steps.add(batch);
      add(relevance, batch);
    }

    assertThat(relevance.get())
        .as("seed %d, decay %f", seed, decay)
        .containsExactly(References.relevance(steps, decay), within(1e-9));
  }

  @Test
  void neverForgettingIsTheOneShotFormulaHoweverTheExamplesAreCut() {
    References.Responses all = batch(new Random(4), 90);
    double[] oneShot = References.relevance(List.of(all), 1);
    for (int size : new int[] {90, 30, 7, 1}) {
      TaskRelevance relevance = new TaskRelevance(FILTERS, 1);
      for (int from = 0; from < 90; from += size) {
        int to = Math.min(90, from + size);
        add(
            relevance,
            new References.Responses(
                Arrays.copyOfRange(all.p(), from, to), Arrays.copyOfRange(all.y(), from, to)));
      }
      assertThat(relevance.get()).as("batches of %d", size).containsExactly(oneShot, within(1e-9));
    }
  }

  /** By hand: two classes, two examples each, p = 1 3 | 5 7. mu 4, SSB 16, SST 20, b 1/3. */
  @Test
  void aCaseByHand() {
    TaskRelevance relevance = new TaskRelevance(1, 1);
    relevance.add(
        new double[] {1, 3, 5, 7}, new StepLabels(new double[] {1, 0, 1, 0, 0, 1, 0, 1}, 4, 2));

    assertThat(relevance.get()[0]).isCloseTo((16.0 / 20 - 1.0 / 3) / (2.0 / 3), within(1e-12));
  }

  @Test
  void deadAndConstantMapsHaveNoRelevance() {
    TaskRelevance relevance = new TaskRelevance(3, 0.9);
    Random random = new Random(8);
    for (int s = 0; s < 4; s++) {
      double[] p = new double[30 * 3];
      double[] y = new double[30 * 2];
      for (int n = 0; n < 30; n++) {
        int c = n % 2;
        y[n * 2 + c] = 1;
        p[n * 3] = 0;
        p[n * 3 + 1] = 0.1 + 0.2;
        p[n * 3 + 2] = c + 0.1 * random.nextGaussian();
      }
      relevance.add(p, new StepLabels(y, 30, 2));
    }

    assertThat(relevance.get()[0]).as("dead").isZero();
    assertThat(relevance.get()[1]).as("constant").isZero();
    assertThat(relevance.get()[2]).as("follows the class").isGreaterThan(0.9);
  }

  @Test
  void oneClassSeenAbstains() {
    TaskRelevance relevance = new TaskRelevance(2, 0.9);
    double[] y = new double[40 * 3];
    double[] p = new double[40 * 2];
    Random random = new Random(9);
    for (int n = 0; n < 40; n++) {
      y[n * 3 + 1] = 1;
      p[2 * n] = random.nextGaussian();
    }
    relevance.add(p, new StepLabels(y, 40, 3));

    assertThat(relevance.get()).containsOnly(1);
  }

  @Test
  void fewExamplesAbstainUntilThereAreTwoPerClass() {
    TaskRelevance relevance = new TaskRelevance(1, 1);
    assertThat(relevance.get()).as("none at all").containsExactly(1);
    for (int n = 1; n <= 6; n++) {
      double[] y = new double[3];
      y[n % 3] = 1;
      relevance.add(new double[] {n % 3}, new StepLabels(y, 1, 3));
      if (n < 6) {
        assertThat(relevance.get()).as("%d examples of 3 classes", n).containsExactly(1);
      }
    }
    // a response that is the class itself, told apart exactly, and b = 2/5
    assertThat(relevance.get()[0]).isCloseTo(1, within(1e-12));
    relevance.add(new double[] {7}, new StepLabels(new double[] {1, 0, 0}, 1, 3));
    assertThat(relevance.get()[0]).as("no longer abstains").isLessThan(1);
  }

  @Test
  void noiseIsNearZeroAndRelevanceGrowsWithTheSignal() {
    TaskRelevance relevance = new TaskRelevance(FILTERS, 0.9);
    Random random = new Random(10);
    for (int s = 0; s < 30; s++) {
      add(relevance, batch(random, 64));
    }
    double[] r = relevance.get();

    assertThat(r[0]).as("noise, seed 10").isLessThan(0.02);
    assertThat(r).isSorted();
    assertThat(r[FILTERS - 1]).isBetween(0.5, 1.0);
  }

  /** With batches of B for long, what is remembered is worth B (1+rho)/(1-rho) >= 30 C. */
  @Test
  void smallBatchesForgetSlowlyEnough() {
    for (int batch : new int[] {4, 16, 200}) {
      double rho = References.rho(batch, 10, 0.5);
      assertThat(batch * (1 + rho) / (1 - rho)).isGreaterThanOrEqualTo(30 * 10 - 1e-6);
      assertThat(rho).isGreaterThanOrEqualTo(0.5);
    }
    Random random = new Random(11);
    TaskRelevance relevance = new TaskRelevance(FILTERS, 0.1);
    List<References.Responses> steps = new ArrayList<>();
    for (int s = 0; s < 40; s++) {
      steps.add(batch(random, 4));
      add(relevance, steps.get(s));
    }
    assertThat(relevance.get()).containsExactly(References.relevance(steps, 0.1), within(1e-9));
    assertThat(relevance.get()[0]).as("noise is not taken for signal, seed 11").isLessThan(0.1);
  }

  @Test
  void softLabelsWeighByTheirShare() {
    Random random = new Random(12);
    References.Responses hard = batch(random, 60);
    double[][] soft = new double[60][CLASSES];
    for (int n = 0; n < 60; n++) {
      for (int c = 0; c < CLASSES; c++) {
        soft[n][c] = 0.9 * hard.y()[n][c] + 0.1 / CLASSES;
      }
    }
    References.Responses smoothed = new References.Responses(hard.p(), soft);
    TaskRelevance relevance = new TaskRelevance(FILTERS, 0.9);
    add(relevance, smoothed);

    assertThat(relevance.get())
        .containsExactly(References.relevance(List.of(smoothed), 0.9), within(1e-9));
  }

  @Test
  void aShiftOrScaleOfTheResponseChangesNothing() {
    Random random = new Random(13);
    References.Responses batch = batch(random, 80);
    double[][] moved = new double[80][FILTERS];
    for (int n = 0; n < 80; n++) {
      for (int k = 0; k < FILTERS; k++) {
        moved[n][k] = 4 * batch.p()[n][k] + 10;
      }
    }
    TaskRelevance one = new TaskRelevance(FILTERS, 0.9);
    TaskRelevance other = new TaskRelevance(FILTERS, 0.9);
    add(one, batch);
    add(other, new References.Responses(moved, batch.y()));

    assertThat(other.get()).containsExactly(one.get(), within(1e-9));
  }
}
