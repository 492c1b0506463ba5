package org.samediff.pruning.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Benchmarks in JVMs of their own, so that none runs on what another has warmed up. */
final class Children {
  private Children() {}

  /** Runs the class's main with this JVM's options; echoes its lines and returns the last. */
  static String run(Class<?> main, String... args) throws IOException, InterruptedException {
    return run(main, List.of(), Map.of(), args);
  }

  /** The same with more JVM options and environment variables. */
  static String run(
      Class<?> main, List<String> options, Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    Process child = builder.start();
    String last = "";
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(line);
        last = line;
      }
    }
    if (child.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + " ended with " + child.exitValue());
    }
    return last;
  }
}
