package org.samediff.pruning.zoo.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C and what comes of it, in processes of their own. */
@EnabledOnOs(OS.LINUX)
class ResumeCommandTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir Path folder;

  private static final List<String> RUN =
      List.of(
          ("prune --model lenet --input 12 --train-images 800 --test-images 50 --batch 16"
                  + " --training-epochs 1 --epochs 6 --criterion l2")
              .split(" "));

  private record Child(Process process, Path output) {
    int await() throws IOException, InterruptedException {
      try {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(text()).isTrue();
        return process.exitValue();
      } finally {
        process.destroyForcibly();
      }
    }

    String text() throws IOException {
      return Files.readString(output);
    }
  }

  private Child start(String... args) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env", // a shell without job control has its children ignore the signal
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
    command.addAll(List.of(args));
    Path output = Files.createTempFile(folder, "output", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.directory(folder.toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(output.toFile());
    return new Child(builder.start(), output);
  }

  private Child prune(String... more) throws IOException {
    return start(Stream.concat(RUN.stream(), Stream.of(more)).toArray(String[]::new));
  }

  private static void awaitFile(Path directory, Child child) throws Exception {
    await(
        () -> Files.exists(directory) && names(directory).anyMatch(n -> n.endsWith(".ckpt")),
        child);
  }

  private static Stream<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).toList().stream();
    }
  }

  @Test
  void aRunThatCtrlCStoppedEndsAsOneThatWasNot() throws Exception {
    Child whole = prune("--out", "whole.fb");
    assertThat(whole.await()).as(whole.text()).isZero();

    Child stopped = prune("--out", "slim.fb", "--checkpoint-every", "7");
    awaitFile(folder.resolve("slim.fb.run"), stopped);
    interrupt(stopped);
    assertThat(stopped.await()).as(stopped.text()).isEqualTo(130);
    assertThat(stopped.text())
        .containsPattern("stopped at step \\d+ of 300; go on with:")
        .contains("resume slim.fb.run");
    assertThat(folder.resolve("slim.fb")).doesNotExist();

    Child early = start("compact", "slim.fb.run", "--out", "early.fb");
    assertThat(early.await()).as(early.text()).isEqualTo(2);
    assertThat(early.text()).contains("compact came at step");
    Child twice = prune("--out", "slim.fb");
    assertThat(twice.await()).as(twice.text()).isEqualTo(2);
    assertThat(twice.text()).contains("holds a run that was begun before");

    Child resumed = start("resume", "slim.fb.run");
    assertThat(resumed.await()).as(resumed.text()).isZero();
    assertThat(folder.resolve("slim.fb")).hasSameBinaryContentAs(folder.resolve("whole.fb"));
    Child cut = start("compact", "slim.fb.run", "--out", "cut.fb");
    assertThat(cut.await()).as(cut.text()).isIn(0, 2);
  }

  @Test
  void theDenseTrainingBeforeCanBeStoppedToo() throws Exception {
    String[] longer = {"--training-epochs", "4", "--epochs", "2", "--out"};
    Child whole = pruneLonger(longer, "long.fb");
    assertThat(whole.await()).as(whole.text()).isZero();

    Child stopped = pruneLonger(longer, "short.fb", "--checkpoint-every", "5");
    awaitFile(folder.resolve("short.fb.run").resolve("dense"), stopped);
    interrupt(stopped);
    assertThat(stopped.await()).as(stopped.text()).isEqualTo(130);
    assertThat(stopped.text())
        .containsPattern("stopped at step \\d+ of 200 of the dense training; go on with:")
        .contains("resume short.fb.run");
    Child early = start("compact", "short.fb.run", "--out", "early.fb");
    assertThat(early.await()).as(early.text()).isEqualTo(2);
    assertThat(early.text()).contains("there is no whole checkpoint");

    Child resumed = start("resume", "short.fb.run");
    assertThat(resumed.await()).as(resumed.text()).isZero();
    assertThat(folder.resolve("short.fb")).hasSameBinaryContentAs(folder.resolve("long.fb"));
  }

  @Test
  void theDemoCanBeStoppedInEitherNetwork() throws Exception {
    HandfulOfImages.write(folder, 480, 50);
    Child whole = demo("whole.fb");
    assertThat(whole.await()).as(whole.text()).isZero();

    Child first = demo("slim.fb");
    interruptAt("resnet: train  took", first);
    assertThat(first.text())
        .containsPattern("stopped at step \\d+ of 45; go on with:")
        .contains("resume slim.fb.run");
    Child second = start("resume", "slim.fb.run");
    interruptAt("resnet: prune 50 % (two-factor)  took", second);
    assertThat(second.text())
        .doesNotContain("resnet: train")
        .containsPattern("stopped at step \\d+ of 45 of the dense training; go on with:");
    Child third = start("resume", "slim.fb.run");
    assertThat(third.await()).as(third.text()).isZero();
    assertThat(third.text()).doesNotContain("resnet: ").contains("accuracy, compacted");
    for (String name : List.of("-resnet.fb", "-vgg.fb")) {
      assertThat(folder.resolve("slim" + name))
          .hasSameBinaryContentAs(folder.resolve("whole" + name));
    }
  }

  private Child demo(String out) throws IOException {
    return start("demo", "--data", ".", "--epochs", "3", "--out", out);
  }

  @Test
  void aSweepGoesOnBehindItsJournal() throws Exception {
    HandfulOfImages.write(folder, 160, 50);
    String[] sweep =
        ("criteria --data . --net vgg --criteria l1,random --macs 0.5,0.6 --seeds 1"
                + " --training-epochs 1 --pruning-epochs 2")
            .split(" ");
    Path journal = folder.resolve("criteria.journal");
    Child stopped = start(sweep);
    await(() -> Files.exists(journal) && Files.readAllLines(journal).size() > 1, stopped);
    interrupt(stopped);
    assertThat(stopped.await()).as(stopped.text()).isEqualTo(130);
    assertThat(stopped.text()).contains("the same command goes on behind criteria.journal");

    String[] other = sweep.clone();
    other[other.length - 1] = "3";
    Child refused = start(other);
    assertThat(refused.await()).as(refused.text()).isEqualTo(2);
    assertThat(refused.text()).contains("holds outcomes of another sweep");

    // as a machine leaves it that goes off while a line is written
    Files.writeString(journal, Files.readString(journal) + "{\"network\":\"vg");
    Child resumed = start(sweep);
    assertThat(resumed.await()).as(resumed.text()).isZero();
    assertThat(resumed.text())
        .containsPattern("[1-4] of 4 are in criteria.journal")
        .contains("| vgg | l1 |", "| vgg | random |");
    assertThat(journal).doesNotExist();
  }

  private void interruptAt(String text, Child child) throws Exception {
    await(() -> child.text().contains(text), child);
    interrupt(child);
    assertThat(child.await()).as(child.text()).isEqualTo(130);
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition, Child child) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(child.process().isAlive()).as(child.text()).isTrue();
      assertThat(System.nanoTime()).as(child.text()).isLessThan(end);
      Thread.sleep(20);
    }
  }

  private Child pruneLonger(String[] options, String... more) throws IOException {
    List<String> all = new ArrayList<>(RUN.subList(0, RUN.indexOf("--training-epochs")));
    all.addAll(List.of("--criterion", "l2"));
    all.addAll(List.of(options));
    all.addAll(List.of(more));
    return start(all.toArray(String[]::new));
  }

  private static void interrupt(Child child) throws Exception {
    String pid = String.valueOf(child.process().pid());
    assertThat(new ProcessBuilder("kill", "-INT", pid).start().waitFor()).isZero();
  }

  @Test
  void aRunFolderThatSomebodyWroteIsRefused() throws Exception {
    Path run = Files.createDirectory(folder.resolve("run"));
    for (String bad :
        List.of("", "[]", "{", "{\"version\":1}", "{\"version\":2,\"arguments\":[\"prune\"]}")) {
      Files.writeString(run.resolve("run.json"), bad);
      Child child = start("resume", "run");

      assertThat(child.await()).as(bad + child.text()).isEqualTo(2);
      assertThat(child.text()).contains("run.json", "is not what a stopped run has written");
    }
  }
}
