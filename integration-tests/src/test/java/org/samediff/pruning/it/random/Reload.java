package org.samediff.pruning.it.random;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.model.ModelFiles;

/** Saving and loading. */
final class Reload {
  private Reload() {}

  /**
   * The graph, saved and loaded with this library's checks, which must let every sound graph pass.
   */
  static SameDiff ofFile(SameDiff sd) {
    return through(sd, ModelFiles::load);
  }

  /** The graph, saved and loaded by SameDiff alone. */
  static SameDiff bySameDiff(SameDiff sd) {
    return through(sd, file -> SameDiff.load(file.toFile(), false));
  }

  private static SameDiff through(SameDiff sd, Function<Path, SameDiff> load) {
    try {
      Path file = Files.createTempFile("random-graph", ".fb");
      try {
        sd.save(file.toFile(), false);
        return load.apply(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
