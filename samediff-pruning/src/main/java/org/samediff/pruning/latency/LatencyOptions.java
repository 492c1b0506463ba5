package org.samediff.pruning.latency;

import java.nio.file.Path;
import org.samediff.pruning.error.PruningException;

/**
 * How latency is measured.
 *
 * @param batch examples of one inference, at least 1
 * @param cache directory of the measurements, made when the first one is stored
 */
public record LatencyOptions(int batch, Path cache) {
  /**
   * @throws PruningException BAD_OPTION if the batch is below 1
   */
  public LatencyOptions {
    if (batch < 1) {
      throw new PruningException(
          PruningException.Code.BAD_OPTION,
          "latency is measured on a batch of at least 1, got " + batch);
    }
  }

  /**
   * One example; the cache in {@code $XDG_CACHE_HOME/samediff-pruning}, or {@code
   * ~/.cache/samediff-pruning} where that is not set.
   */
  public static LatencyOptions defaults() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg == null || xdg.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(xdg);
    return new LatencyOptions(1, base.resolve("samediff-pruning"));
  }

  /** The same with another batch. */
  public LatencyOptions withBatch(int examples) {
    return new LatencyOptions(examples, cache);
  }

  /** The same with another cache. */
  public LatencyOptions withCache(Path directory) {
    return new LatencyOptions(batch, directory);
  }

  /** What the measured times depend on; where they are kept does not matter to a run. */
  @Override
  public String toString() {
    return "batch " + batch;
  }
}
