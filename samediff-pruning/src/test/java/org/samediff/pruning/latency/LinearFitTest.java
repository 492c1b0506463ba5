package org.samediff.pruning.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LinearFitTest {
  private static final double[][] ROWS = {
    {1, 1000, 90_000}, {1, 500, 22_500}, {1, 250, 5_625}, {1, 400, 36_000}, {1, 1000, 36_000}
  };

  private static double[] values(double fixed, double perElement, double perProduct) {
    double[] values = new double[ROWS.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = fixed + perElement * ROWS[i][1] + perProduct * ROWS[i][2];
    }
    return values;
  }

  @Test
  void findsWhatTheValuesWereMadeOf() {
    double[] fit = LinearFit.fit(ROWS, values(20_000, 3, 0.25));

    assertThat(fit[0]).isCloseTo(20_000, within(1.0));
    assertThat(fit[1]).isCloseTo(3, within(1e-2));
    assertThat(fit[2]).isCloseTo(0.25, within(1e-4));
  }

  /** Values that fall with the width, as noise may have it, are taken for fixed. */
  @Test
  void noCoefficientIsNegative() {
    double[] fit = LinearFit.fit(ROWS, values(20_000, -3, -0.1));

    assertThat(fit).hasSize(3);
    assertThat(fit[0]).isPositive();
    assertThat(fit[1]).isZero();
    assertThat(fit[2]).isZero();
  }

  @Test
  void featuresThatSayTheSameShareTheValue() {
    double[][] rows = {{1, 7, 0}, {1, 7, 0}};

    double[] fit = LinearFit.fit(rows, new double[] {21, 21});

    assertThat(fit[0] + 7 * fit[1]).isCloseTo(21, within(1e-9));
    assertThat(fit[2]).isZero();
  }
}
