package org.samediff.pruning.it.random;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Checks random graphs and prints the counts as tables and, last, as one JSON object.
 *
 * <p>Arguments: {@code --seeds FROM..TO} (TO excluded; 0..20000), {@code --jobs N} (2), {@code
 * --table FILE} (also write the tables there).
 */
public final class RandomGraphsRun {
  private RandomGraphsRun() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    long from = 0;
    long to = 20_000;
    int jobs = 2;
    Path table = null;
    for (int i = 0; i + 1 < args.length; i += 2) {
      switch (args[i]) {
        case "--seeds" -> {
          String[] range = args[i + 1].split("\\.\\.");
          from = Long.parseLong(range[0]);
          to = Long.parseLong(range[1]);
        }
        case "--jobs" -> jobs = Integer.parseInt(args[i + 1]);
        case "--table" -> table = Path.of(args[i + 1]);
        default -> throw new IllegalArgumentException("unknown option " + args[i]);
      }
    }
    Path directory = Files.createDirectories(Path.of("target", "random-graphs")).toAbsolutePath();
    Path run = Files.createTempDirectory(directory, "run");
    long start = System.nanoTime();
    Tally tally = new Tally();
    new Supervisor(run, tally, Child.class).run(from, to, jobs);
    System.out.println(tally.markdown());
    tally.bad().forEach((seed, o) -> System.out.println(seed + " " + o.line()));
    System.out.printf(
        Locale.ROOT,
        "%d graphs in %.0f s; smallest failing specs, if any, in %s%n",
        tally.graphs(),
        (System.nanoTime() - start) / 1e9,
        run.resolve("failures"));
    if (table != null) {
      Files.writeString(table, tally.markdown());
    }
    System.out.println(tally.json());
  }
}
