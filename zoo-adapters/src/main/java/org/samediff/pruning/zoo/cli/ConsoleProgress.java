package org.samediff.pruning.zoo.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.zoo.run.Progress;

/** Progress for people: a bar on a terminal, a line every few seconds elsewhere. */
final class ConsoleProgress {
  private ConsoleProgress() {}

  @SuppressWarnings("SystemConsoleNull") // from Java 22 on the bar is drawn without a terminal too
  static Progress to(PrintWriter err) {
    return System.console() == null ? new Lines(err) : new Bar();
  }

  private static final class Bar implements Progress {
    private @Nullable ProgressBar bar;

    @Override
    public void begin(String task, long steps) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(500)
              .build();
    }

    @Override
    public void step(long step, String state) {
      bar.stepTo(step);
      bar.setExtraMessage(state);
    }

    @Override
    public void end() {
      bar.close();
    }
  }

  static final class Lines implements Progress {
    private static final long INTERVAL_NANOS = Duration.ofSeconds(5).toNanos();

    private final PrintWriter out;
    private String task = "";
    private long steps;
    private long start;
    private long lastLine;

    Lines(PrintWriter out) {
      this.out = out;
    }

    @Override
    public void begin(String newTask, long newSteps) {
      task = newTask;
      steps = newSteps;
      start = System.nanoTime();
      lastLine = start;
    }

    @Override
    public void step(long step, String state) {
      long now = System.nanoTime();
      if (now - lastLine < INTERVAL_NANOS && step < steps) {
        return;
      }
      lastLine = now;
      String left = minutes((now - start) / step * (steps - step));
      out.printf(Locale.ROOT, "%s  step %d/%d  %s  %s left%n", task, step, steps, state, left);
      out.flush();
    }

    @Override
    public void end() {
      out.printf(Locale.ROOT, "%s  took %s%n", task, minutes(System.nanoTime() - start));
      out.flush();
    }

    private static String minutes(long nanos) {
      long seconds = Math.round(nanos / 1e9);
      return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }
  }
}
