package org.samediff.pruning.zoo.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While open, Ctrl-C stops the stage that work is in, or the next one it enters, and lets the JVM
 * wait for it.
 */
final class Interruption implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "stop");
  private Stage stage = Stage.NONE;
  private boolean stopping;

  Interruption() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Work has come to a stage that can be stopped. */
  synchronized void enter(Stage next) {
    stage = next;
    if (stopping) {
      stage.stop();
    }
  }

  /** Where the work stands, in words. */
  synchronized String position() {
    return stage.position();
  }

  private void stop() {
    synchronized (this) {
      stopping = true;
      stage.stop();
    }
    try {
      if (!done.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        System.err.println("the step did not end in time, and nothing more is written");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
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
