package org.samediff.pruning.training;

/** Where a pruning run is. */
public enum Phase {
  /** Scores are gathered, nothing is masked. */
  WARM_UP,
  /** The share that is masked rises to the target. */
  RAMP,
  /** The target is reached; units may still change places at every step. */
  HOLD,
  /** The partition is final; redundant units decay to their last thousandth and below. */
  FROZEN,
  /** The run has its full length: {@code compact} may follow. */
  DONE
}
