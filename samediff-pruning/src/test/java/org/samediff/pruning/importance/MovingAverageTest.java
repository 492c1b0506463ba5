package org.samediff.pruning.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MovingAverageTest {
  @Test
  void weightsSumToOneFromTheFirstStep() {
    for (double decay : new double[] {0, 0.5, 0.95, 0.999}) {
      MovingAverage average = new MovingAverage(3, decay);
      List<double[]> steps = new ArrayList<>();
      Random random = new Random(6);
      for (int s = 0; s < 20; s++) {
        double[] values = random.doubles(3).toArray();
        steps.add(values);
        average.add(values);
        assertThat(average.get())
            .as("decay %f, step %d, seed 6", decay, s)
            .containsExactly(References.movingAverage(steps, decay), within(1e-12));
      }
    }
  }

  @Test
  void zerosBeforeTheFirstValueAndAConstantStaysItself() {
    MovingAverage average = new MovingAverage(2, 0.9);
    assertThat(average.get()).containsExactly(0, 0);
    for (int s = 0; s < 5; s++) {
      average.add(new double[] {3, 4});
      assertThat(average.get()).containsExactly(new double[] {3, 4}, within(1e-12));
    }
  }

  @Test
  void whatGetReturnsIsACopy() {
    MovingAverage average = new MovingAverage(1, 0.9);
    average.add(new double[] {3});
    average.get()[0] = 99;

    assertThat(average.get()[0]).isCloseTo(3, within(1e-12));
  }

  @Test
  void byMeanMakesTheMeanOneAndLeavesZeros() {
    assertThat(MovingAverage.byMean(new double[] {1, 2, 3}))
        .containsExactly(new double[] {0.5, 1, 1.5}, within(1e-12));
    assertThat(MovingAverage.byMean(new double[] {0, 0})).containsExactly(0, 0);
  }
}
