package org.samediff.pruning.it.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Children: JVMs that may die, and say line by line in a file how far they have come. */
public final class Reports {
  private Reports() {}

  /** How a child ended: its exit status, or that it was killed for silence. */
  public record End(int status, boolean hung) {}

  public static void say(Path report, String line) throws IOException {
    Files.writeString(report, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  public static List<String> lines(Path report) throws IOException {
    return Files.exists(report) ? Files.readAllLines(report) : List.of();
  }

  public static Process start(Class<?> program, Path log, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.bytedeco.javacpp.maxbytes=1G",
                "-Dorg.bytedeco.javacpp.maxphysicalbytes=3G",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OMP_NUM_THREADS", "1");
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    builder.directory(log.toAbsolutePath().getParent().toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(log.toFile());
    return builder.start();
  }

  /**
   * Waits for a child, and kills it when its report does not grow for too long.
   *
   * @param startMs patience before its first line, in which a JVM and ND4J start
   * @param stepMs patience between two lines
   */
  public static End await(Process process, Path report, long startMs, long stepMs)
      throws IOException, InterruptedException {
    long size = 0;
    long since = System.nanoTime();
    try {
      while (!process.waitFor(100, TimeUnit.MILLISECONDS)) {
        long now = Files.exists(report) ? Files.size(report) : 0;
        long quiet = (System.nanoTime() - since) / 1_000_000;
        if (now != size) {
          size = now;
          since = System.nanoTime();
        } else if (quiet > (size == 0 ? startMs : stepMs)) {
          return new End(-1, true);
        }
      }
      return new End(process.exitValue(), false);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }
}
