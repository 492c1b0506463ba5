package org.samediff.pruning.it.random;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Runs children over a range of seeds, starts a new one behind a crash, and counts. */
final class Supervisor {
  private static final int CHUNK = 1000;
  private static final long PATIENCE_MS = 60_000;
  private static final String JAVA_EXCEPTION = "exit status 1";
  private static final int MOST_CRASH_TRIES = 60;

  private final Path directory;
  private final Tally tally;
  private final Class<?> program;
  private final AtomicInteger reports = new AtomicInteger();

  /**
   * For one run.
   *
   * @param directory where reports and failures are put
   * @param program main class of the children, {@link Child} or what stands in for it
   */
  Supervisor(Path directory, Tally tally, Class<?> program) {
    this.directory = directory;
    this.tally = tally;
    this.program = program;
  }

  /**
   * Checks the graphs of seeds {@code from} to {@code to - 1}.
   *
   * @param jobs number of children at a time
   */
  void run(long from, long to, int jobs) throws InterruptedException {
    AtomicLong next = new AtomicLong(from);
    List<Thread> threads = new ArrayList<>();
    List<RuntimeException> faults = new ArrayList<>();
    for (int j = 0; j < jobs; j++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  long chunk = Math.max(1, Math.min(CHUNK, (to - from + jobs - 1) / jobs));
                  for (long s = next.getAndAdd(chunk); s < to; s = next.getAndAdd(chunk)) {
                    seeds(s, Math.min(to, s + chunk));
                  }
                } catch (RuntimeException e) {
                  synchronized (faults) {
                    faults.add(e);
                  }
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (!faults.isEmpty()) {
      throw faults.get(0);
    }
  }

  private void seeds(long from, long to) {
    long first = from;
    while (first < to) {
      Path report = report();
      String end = child(report, "seeds", String.valueOf(first), String.valueOf(to));
      long begun = first - 1;
      boolean open = false;
      boolean complete = false;
      for (String line : lines(report)) {
        String[] words = line.split(" ", 3);
        complete |= line.equals("end");
        if (words[0].equals("start")) {
          begun = Long.parseLong(words[1]);
          open = true;
        } else if (words[0].equals("done")) {
          open = false;
          tally.add(Generator.generate(begun), Outcome.parse(words[2]));
        }
      }
      if (complete) {
        return;
      }
      if (end.equals(JAVA_EXCEPTION)) {
        throw new IllegalStateException("the suite itself is at fault, see " + report + ".log");
      }
      // a child that died before its first graph blames the graph that it was given
      long died = Math.max(begun, first);
      if (open || begun < first) {
        crashed(died, end);
      }
      first = died + 1;
    }
  }

  private void crashed(long seed, String end) {
    Outcome outcome = new Outcome(Outcome.Verdict.CRASHED, "the JVM ends", end, 0, 0);
    GraphSpec spec = Generator.generate(seed);
    tally.add(spec, outcome);
    GraphSpec smallest = dies(spec) ? Shrinker.shrink(spec, this::dies, MOST_CRASH_TRIES) : spec;
    Failures.save(directory.resolve("failures"), smallest, outcome);
  }

  private boolean dies(GraphSpec spec) {
    try {
      Path file = directory.resolve("spec" + reports.incrementAndGet() + ".txt");
      Files.writeString(file, spec.toString());
      Path report = report();
      child(report, "spec", file.toString());
      return !lines(report).contains("end");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path report() {
    return directory.resolve("report" + reports.incrementAndGet() + ".txt");
  }

  private static List<String> lines(Path report) {
    try {
      return Files.exists(report) ? Files.readAllLines(report) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a child to its end and says how it ended. */
  private String child(Path report, String... task) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-XX:+UseSerialGC",
                "-Dorg.bytedeco.javacpp.maxbytes=2G",
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=4G",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName(),
                report.toString()));
    command.addAll(List.of(task));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    builder.directory(directory.toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(Path.of(report + ".log").toFile());
    try {
      Files.createDirectories(directory);
      return await(builder.start(), report);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String await(Process process, Path report)
      throws IOException, InterruptedException {
    long size = -1;
    long since = System.nanoTime();
    try {
      while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
        long now = Files.exists(report) ? Files.size(report) : 0;
        if (now != size) {
          size = now;
          since = System.nanoTime();
        } else if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since) > PATIENCE_MS) {
          return "nothing happened for " + PATIENCE_MS / 1000 + " s";
        }
      }
      return "exit status " + process.exitValue();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}
