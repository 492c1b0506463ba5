package org.samediff.pruning.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.samediff.pruning.error.PruningException;

class PruningScheduleTest {
  @ParameterizedTest
  @CsvSource({
    "0,WARM_UP",
    "9,WARM_UP",
    "10,RAMP",
    "49,RAMP",
    "50,HOLD",
    "69,HOLD",
    "70,FROZEN",
    "99,FROZEN",
    "100,DONE",
    "1000,DONE"
  })
  void phasesOfAHundredSteps(long step, Phase phase) {
    PruningSchedule.Steps steps = PruningSchedule.ofSteps(100).steps(100, 0);

    assertThat(steps).isEqualTo(new PruningSchedule.Steps(10, 50, 70, 100));
    assertThat(steps.phase(step)).isEqualTo(phase);
  }

  /** A first epoch of 25 of 100 steps only counts; the rest keeps its proportions. */
  @Test
  void aRunInEpochsStretchesWhatFollowsTheFirst() {
    PruningSchedule schedule = PruningSchedule.ofEpochs(4);

    // 0.25 + 0.75 * 0.4 / 0.9 = 0.583, 0.25 + 0.75 * 0.6 / 0.9 = 0.75
    assertThat(schedule.steps(100, 25)).isEqualTo(new PruningSchedule.Steps(25, 58, 75, 100));
    assertThat(schedule.inEpochs()).isTrue();
    assertThat(schedule.length()).isEqualTo(4);
    // a first epoch within the warm-up changes nothing
    assertThat(schedule.steps(100, 5)).isEqualTo(new PruningSchedule.Steps(10, 50, 70, 100));
  }

  @Test
  void theRampIsMonotoneFromZeroToOneAndPhasesNeverGoBack() {
    PruningSchedule[] schedules = {
      PruningSchedule.ofSteps(1),
      PruningSchedule.ofSteps(1).withPhases(0, 0, 0),
      PruningSchedule.ofSteps(1).withPhases(0.9, 0.9, 0.9),
      PruningSchedule.ofSteps(1).withPhases(0, 0.5, 0.99)
    };
    for (PruningSchedule schedule : schedules) {
      for (int total = 1; total <= 60; total++) {
        for (int least : new int[] {0, total / 2, total / 4}) {
          PruningSchedule.Steps steps = schedule.steps(total, least);
          String what = schedule + ", total " + total + ", least " + least;
          double last = 0;
          Phase phase = Phase.WARM_UP;
          for (int step = 0; step <= total + 3; step++) {
            double ramp = steps.ramp(step);
            assertThat(ramp).as("%s, step %d", what, step).isBetween(last, 1.0);
            assertThat(steps.phase(step))
                .as("%s, step %d", what, step)
                .isGreaterThanOrEqualTo(phase);
            if (step < Math.min(least, steps.rampEnd())) {
              assertThat(ramp).as("%s, step %d", what, step).isZero();
            }
            last = ramp;
            phase = steps.phase(step);
          }
          assertThat(last).as(what).isEqualTo(1);
          assertThat(phase).as(what).isEqualTo(Phase.DONE);
          assertThat(steps.ramp(steps.freezeAt()))
              .as("%s: the target before the freeze", what)
              .isEqualTo(1);
          assertThat(steps.freezeAt()).as("%s: a step is left to decay in", what).isLessThan(total);
        }
      }
    }
  }

  /** One minus the cube of what is left of the ramp. */
  @Test
  void theRampIsCubic() {
    PruningSchedule.Steps steps = new PruningSchedule.Steps(10, 50, 70, 100);

    assertThat(steps.ramp(9)).isZero();
    assertThat(steps.ramp(10)).isCloseTo(1 - Math.pow(40.0 / 41, 3), within(1e-12));
    assertThat(steps.ramp(30)).isCloseTo(1 - Math.pow(20.0 / 41, 3), within(1e-12));
    assertThat(steps.ramp(50)).isEqualTo(1);
  }

  @Test
  void otherPhasesAndResidualLeaveTheRestAlone() {
    PruningSchedule schedule =
        PruningSchedule.ofSteps(80).withPhases(0.2, 0.3, 0.9).withResidual(1e-6);

    assertThat(schedule).isEqualTo(new PruningSchedule(80, false, 0.2, 0.3, 0.9, 1e-6));
    assertThat(PruningSchedule.ofSteps(80))
        .isEqualTo(new PruningSchedule(80, false, 0.1, 0.5, 0.7, 1e-4));
    assertThat(PruningSchedule.ofEpochs(8))
        .isEqualTo(new PruningSchedule(8, true, 0.1, 0.5, 0.7, 1e-4));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void aRunWithoutStepsIsRefused(int steps) {
    refuses(String.valueOf(steps), () -> PruningSchedule.ofSteps(steps));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 0, -3})
  void aRunOfOneEpochIsRefusedWithTheRemedy(int epochs) {
    refuses("steps(n)", () -> PruningSchedule.ofEpochs(epochs));
  }

  @ParameterizedTest
  @CsvSource({
    "-0.1,0.5,0.7",
    "0.6,0.5,0.7",
    "0.1,0.8,0.7",
    "0.1,0.5,1",
    "0.1,0.5,1.2",
    "NaN,0.5,0.7",
    "0.1,NaN,0.7",
    "0.1,0.5,NaN"
  })
  void phasesOutOfOrderAreRefused(double warmUp, double ramp, double freeze) {
    refuses(
        warmUp + ", " + ramp + ", " + freeze,
        () -> PruningSchedule.ofSteps(10).withPhases(warmUp, ramp, freeze));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1e-4, 2e-3, 1, Double.NaN})
  void aResidualThatCompactionWouldRefuseIsRefused(double residual) {
    refuses("residual", () -> PruningSchedule.ofSteps(10).withResidual(residual));
  }

  private static void refuses(String named, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.BAD_OPTION))
        .hasMessageContaining(named);
  }
}
