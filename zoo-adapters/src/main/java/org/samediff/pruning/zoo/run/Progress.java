package org.samediff.pruning.zoo.run;

/** Shows how far a long task is. Not thread-safe. */
public interface Progress {
  /**
   * A task begins; the one before it has ended.
   *
   * @param task what it is, in a few words
   * @param steps that it takes
   */
  void begin(String task, long steps);

  /**
   * A step is done.
   *
   * @param step number of steps done
   * @param state what to show beside it, in a few words
   */
  void step(long step, String state);

  /** The task is over. */
  void end();
}
