package org.samediff.pruning.zoo.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** While open, Ctrl-C asks for a stop and lets the JVM wait for it. */
final class Interruption implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook;

  /**
   * @param stop asks the work to end soon; called from another thread
   */
  Interruption(Runnable stop) {
    hook =
        new Thread(
            () -> {
              stop.run();
              try {
                boolean ended = done.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
                if (!ended) {
                  System.err.println("the step did not end in time, and nothing more is written");
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public void close() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the JVM is ending, and the hook with it
    }
  }
}
