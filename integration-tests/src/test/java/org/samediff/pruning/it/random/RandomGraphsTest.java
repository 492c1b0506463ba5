package org.samediff.pruning.it.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 300 graphs that are always the same, 100 that never are, in JVMs that may crash. */
class RandomGraphsTest {
  private static final int JOBS = 2;

  @Test
  void fixedSeeds() throws Exception {
    assertHolds(0, 300);
  }

  /** Beyond every seed of the documented run; printed, so that a failure can be repeated. */
  @Test
  void freshSeeds() throws Exception {
    long from = 1_000_000 + new Random().nextInt(1_000_000_000);
    System.out.println("fresh seeds from " + from);
    assertHolds(from, from + 100);
  }

  @Test
  void aChildThatDiesIsCounted(@TempDir Path directory) throws Exception {
    Tally tally = new Tally();
    new Supervisor(directory, tally, DyingChild.class).run(0, 4, 1);

    assertThat(tally.graphs()).isEqualTo(4);
    assertThat(tally.count(Outcome.Verdict.CRASHED)).isEqualTo(1);
    assertThat(tally.count(Outcome.Verdict.REFUSED)).isEqualTo(3);
    assertThat(tally.bad().get(2L).detail()).contains("exit status");
    assertThat(directory.resolve("failures").resolve("2.txt")).content().contains("seed 2");
    assertThat(tally.json()).contains("\"crashes\":1").contains("\"graphs\":4");
  }

  private static void assertHolds(long from, long to) throws Exception {
    Path parent = Files.createDirectories(Path.of("target", "random-failures")).toAbsolutePath();
    Path run = Files.createTempDirectory(parent, "run");
    Tally tally = new Tally();
    new Supervisor(run, tally, Child.class).run(from, to, JOBS);
    System.out.println("seeds " + from + ".." + to + ": " + tally.json());
    String bad =
        tally.bad().entrySet().stream()
            .map(e -> e.getKey() + " " + e.getValue().line())
            .collect(Collectors.joining("\n"));
    assertThat(tally.bad()).as("smallest specs in %s\n%s", run, bad).isEmpty();
    assertThat(tally.graphs()).isEqualTo(to - from);
    assertThat(tally.count(Outcome.Verdict.COMPACTED)).isGreaterThan((int) (to - from) / 4);
  }
}
