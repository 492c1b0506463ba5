package org.samediff.pruning.it.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.model.LoadOptions;
import org.samediff.pruning.model.ModelFiles;

/** Damaged and hostile files, loaded in JVMs that may die of them and do not. */
class DamagedFilesTest {
  private static final int FILES = 2000;

  @TempDir Path dir;

  @Test
  void damagedFilesAreRefused() throws Exception {
    DamageTally.saveModels(dir);
    DamageTally tally = new DamageTally(dir);
    tally.run(0, FILES);

    assertThat(tally.bad).isEmpty();
    assertThat(tally.files).isEqualTo(FILES);
    assertThat(tally.deaths + tally.hangs + tally.foreign + tally.seenByDigestNot).isZero();
    long refused = tally.refused.values().stream().mapToLong(Long::longValue).sum();
    assertThat(refused + tally.harmless + tally.otherValues).isEqualTo(FILES);
    // what a file cannot show without a digest: other weights and attributes
    assertThat(refused).as("refused without a manifest").isGreaterThan(FILES / 2);
    assertThat(tally.otherByKind).doesNotContainKey(Damage.TRUNCATION);
  }

  @Test
  void hostileFilesAreRefused() throws Exception {
    Map<String, HostileFiles.Hostile> hostile = HostileFiles.all();
    assertThat(hostile).hasSizeGreaterThanOrEqualTo(60);
    for (Map.Entry<String, HostileFiles.Hostile> e : hostile.entrySet()) {
      Files.write(dir.resolve(e.getKey() + ".hostile"), e.getValue().bytes());
    }
    Path report = dir.resolve("report.txt");
    Process child =
        Reports.start(
            DamageChild.class,
            dir.resolve("child.log"),
            report.toString(),
            dir.toString(),
            "files");
    Reports.End end = Reports.await(child, report, 120_000, DamageTally.PATIENCE_MS);

    Map<String, String> outcomes = new LinkedHashMap<>();
    for (String line : Reports.lines(report)) {
      String[] words = line.split(" ");
      if (words[0].equals("done")) {
        outcomes.put(words[1].replace(".hostile", ""), words[3]);
      }
    }
    Map<String, String> expected = new LinkedHashMap<>();
    hostile.forEach((name, h) -> expected.put(name, h.code().name()));
    assertThat(outcomes).containsExactlyInAnyOrderEntriesOf(expected);
    assertThat(end).isEqualTo(new Reports.End(0, false));
  }

  /** Unchanged, the file that the hostile ones are made from is sound. */
  @Test
  void theFileBehindTheHostileOnesIsSound() throws Exception {
    Path file = Files.write(dir.resolve("sound.fb"), new GraphBytes().write());
    var sd = ModelFiles.load(file, LoadOptions.DEFAULT.withUpdaterState());
    assertThat(GraphVerifier.faults(sd)).isEmpty();
    assertThat(sd.getUpdaterMap()).containsOnlyKeys("W");
  }

  /** The counting itself: a child that dies or falls silent is not overlooked. */
  @Test
  void deathsAndHangsAreSeen() throws Exception {
    Path dead = dir.resolve("dead.txt");
    Process dying = Reports.start(Dying.class, dir.resolve("dead.log"), dead.toString(), "halt");
    assertThat(Reports.await(dying, dead, 60_000, 5000)).isEqualTo(new Reports.End(134, false));
    Path silent = dir.resolve("silent.txt");
    Process hung =
        Reports.start(Dying.class, dir.resolve("silent.log"), silent.toString(), "sleep");
    assertThat(Reports.await(hung, silent, 60_000, 500)).isEqualTo(new Reports.End(-1, true));
  }

  /** Says that it has begun, and dies or sleeps. */
  public static final class Dying {
    private Dying() {}

    public static void main(String[] args) throws Exception {
      Reports.say(Path.of(args[0]), "start 0");
      if (args[1].equals("halt")) {
        Runtime.getRuntime().halt(134);
      }
      Thread.sleep(600_000);
    }
  }
}
