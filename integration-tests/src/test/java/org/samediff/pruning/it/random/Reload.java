package org.samediff.pruning.it.random;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.model.ModelFiles;

/** Saving and loading: with the checks of this library, which must let every sound graph pass. */
final class Reload {
  private Reload() {}

  /** The graph, saved and loaded. */
  static SameDiff ofFile(SameDiff sd) {
    try {
      Path file = Files.createTempFile("random-graph", ".fb");
      try {
        sd.save(file.toFile(), false);
        return ModelFiles.load(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
