package org.samediff.pruning.training;

import java.util.Locale;
import org.samediff.pruning.error.PruningException;

/**
 * When a pruning run does what, in shares of its length.
 *
 * <p>The length is given in training steps (minibatches), or in epochs, whose steps are counted
 * during the first one, which is then all warm-up.
 *
 * @param length number of steps or epochs, at least 1 (2 for epochs)
 * @param inEpochs whether the length counts epochs
 * @param warmUp share of the run before anything is masked
 * @param ramp share of the run at whose end the target is reached
 * @param freeze share of the run after which the partition is final
 * @param residual what is left of a redundant unit's parameters at the end, as a share of what they
 *     were at the freeze, in (0, 1e-3]
 */
public record PruningSchedule(
    int length, boolean inEpochs, double warmUp, double ramp, double freeze, double residual) {

  /**
   * Checks the numbers.
   *
   * @throws PruningException BAD_OPTION
   */
  public PruningSchedule {
    if (length < (inEpochs ? 2 : 1)) {
      throw bad(
          inEpochs
              ? "a run of %s epoch has no epoch left to prune in: the first one counts the steps. Give"
                  + " the length in steps(n) instead"
              : "a run needs at least one step, got %s",
          length);
    }
    if (!(0 <= warmUp && warmUp <= ramp && ramp <= freeze && freeze < 1)) {
      throw bad(
          "schedule: needs 0 <= warmUp <= ramp <= freeze < 1, got %s",
          warmUp + ", " + ramp + ", " + freeze);
    }
    if (!(residual > 0 && residual <= 1e-3)) {
      throw bad("schedule: residual must be in (0, 1e-3], got %s", residual);
    }
  }

  private static PruningException bad(String message, Object value) {
    return new PruningException(
        PruningException.Code.BAD_OPTION, String.format(Locale.ROOT, message, value));
  }

  /** A run of this many training steps: warm-up 10 %, target at 50 %, freeze at 70 %. */
  public static PruningSchedule ofSteps(int steps) {
    return new PruningSchedule(steps, false, 0.1, 0.5, 0.7, 1e-4);
  }

  /** A run of this many epochs, at least two, with the same shares. */
  public static PruningSchedule ofEpochs(int epochs) {
    return new PruningSchedule(epochs, true, 0.1, 0.5, 0.7, 1e-4);
  }

  /** The same run with other shares. */
  public PruningSchedule withPhases(double newWarmUp, double newRamp, double newFreeze) {
    return new PruningSchedule(length, inEpochs, newWarmUp, newRamp, newFreeze, residual);
  }

  /** The same run that leaves another residual. */
  public PruningSchedule withResidual(double newResidual) {
    return new PruningSchedule(length, inEpochs, warmUp, ramp, freeze, newResidual);
  }

  /** The phases' ends in steps. */
  record Steps(long warmUpEnd, long rampEnd, long freezeAt, long total) {
    Phase phase(long step) {
      if (step >= total) {
        return Phase.DONE;
      }
      if (step >= freezeAt) {
        return Phase.FROZEN;
      }
      if (step >= rampEnd) {
        return Phase.HOLD;
      }
      return step >= warmUpEnd ? Phase.RAMP : Phase.WARM_UP;
    }

    /**
     * Share of the target that is asked for after this many steps: rises steeply, then levels out.
     */
    double ramp(long step) {
      if (step >= rampEnd) {
        return 1;
      }
      if (step < warmUpEnd) {
        return 0;
      }
      double left = 1 - (double) (step - warmUpEnd + 1) / (rampEnd - warmUpEnd + 1);
      return 1 - left * left * left;
    }
  }

  /** The phases of a run whose first {@code least} steps are warm-up whatever the shares say. */
  Steps steps(long total, long least) {
    double begin = Math.min(0.9, (double) least / total);
    long warmUpEnd = Math.max(least, Math.round(warmUp * total));
    double from = Math.max(begin, warmUp);
    long rampEnd = Math.max(warmUpEnd, Math.round(total * stretched(ramp, from)));
    long freezeAt =
        Math.min(total - 1, Math.max(rampEnd, Math.round(total * stretched(freeze, from))));
    return new Steps(warmUpEnd, Math.min(rampEnd, freezeAt), freezeAt, total);
  }

  /** Keeps the proportions of the rest of the run when its beginning was longer than planned. */
  private double stretched(double share, double from) {
    return warmUp >= 1 ? share : from + (1 - from) * (share - warmUp) / (1 - warmUp);
  }
}
