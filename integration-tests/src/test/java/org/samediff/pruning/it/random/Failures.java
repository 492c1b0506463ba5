package org.samediff.pruning.it.random;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where the smallest specs of failures are kept. */
final class Failures {
  private Failures() {}

  /** Writes the spec, with what is wrong with it as comment, to a file named by its seed. */
  static void save(Path directory, GraphSpec spec, Outcome outcome) {
    try {
      Files.createDirectories(directory);
      String text = "# " + outcome.verdict() + " " + outcome.reason() + "\n# " + outcome.detail();
      Files.writeString(directory.resolve(spec.seed() + ".txt"), text + "\n" + spec);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
