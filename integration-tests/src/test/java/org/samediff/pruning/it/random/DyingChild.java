package org.samediff.pruning.it.random;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Stands in for {@link Child}: halts at seed 2, as a native crash would. */
public final class DyingChild {
  private DyingChild() {}

  public static void main(String[] args) throws IOException {
    Path report = Path.of(args[0]);
    if (args[1].equals("spec")) {
      GraphSpec spec = GraphSpec.parse(Files.readString(Path.of(args[2])));
      halt(spec.seed());
      say(report, "end");
      return;
    }
    for (long seed = Long.parseLong(args[2]); seed < Long.parseLong(args[3]); seed++) {
      say(report, "start " + seed);
      halt(seed);
      say(report, "done " + seed + " " + Outcome.refused("nothing is done here").line());
    }
    say(report, "end");
  }

  private static void halt(long seed) {
    if (seed == 2) {
      Runtime.getRuntime().halt(134);
    }
  }

  private static void say(Path report, String line) throws IOException {
    Files.writeString(report, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
