package org.samediff.pruning.it.random;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.nd4j.autodiff.samediff.SameDiff;

/** Saving and loading. */
final class Reload {
  private Reload() {}

  /** The graph, saved and loaded. */
  static SameDiff ofFile(SameDiff sd) {
    try {
      File file = File.createTempFile("random-graph", ".fb");
      try {
        sd.save(file, false);
        return SameDiff.load(file, false);
      } finally {
        file.delete();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
