package org.samediff.pruning.it.random;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Predicate;

/**
 * Checks graphs in a JVM of its own. Says on lines of a file what it begins and what it has found,
 * because whatever it prints gets mixed with what native code prints.
 *
 * <p>Arguments: {@code REPORT seeds FROM TO}, or {@code REPORT spec FILE}.
 */
public final class Child {
  private static final int MOST_TRIES = 400;

  private final Path report;

  private Child(Path report) {
    this.report = report;
  }

  public static void main(String[] args) throws IOException {
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    Child child = new Child(Path.of(args[0]));
    if (args[1].equals("spec")) {
      GraphSpec spec = GraphSpec.parse(Files.readString(Path.of(args[2])));
      child.say("done " + spec.seed() + " " + Properties.check(spec).line());
    } else {
      for (long seed = Long.parseLong(args[2]); seed < Long.parseLong(args[3]); seed++) {
        child.check(seed);
      }
    }
    child.say("end");
  }

  private void check(long seed) throws IOException {
    say("start " + seed);
    GraphSpec spec = Generator.generate(seed);
    Outcome outcome = Properties.check(spec);
    say("done " + seed + " " + outcome.line());
    if (outcome.bad()) {
      say("shrink " + seed);
      Failures.save(report.resolveSibling("failures"), smallest(spec, outcome), outcome);
    }
  }

  private GraphSpec smallest(GraphSpec spec, Outcome outcome) {
    Predicate<GraphSpec> same =
        candidate -> {
          Outcome o = Properties.check(candidate);
          return o.bad() && o.reason().equals(outcome.reason());
        };
    return Shrinker.shrink(spec, same, MOST_TRIES);
  }

  private void say(String line) throws IOException {
    Files.writeString(report, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
