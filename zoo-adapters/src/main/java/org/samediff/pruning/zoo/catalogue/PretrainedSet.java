package org.samediff.pruning.zoo.catalogue;

import java.util.Locale;
import java.util.Optional;
import org.deeplearning4j.zoo.PretrainedType;

/**
 * Weights of a zoo network that DL4J publishes.
 *
 * @param model that they are of
 * @param type what it was trained on
 * @param path of the file below the base URL
 * @param adler32 that DL4J's own loader compares
 * @param sha256 of the file, 64 lower-case hexadecimal digits; DL4J publishes none
 */
public record PretrainedSet(
    ZooModels model, PretrainedType type, String path, long adler32, Optional<String> sha256) {
  /** Name of the file. */
  public String fileName() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Lower-case name of what it was trained on. */
  public String label() {
    return type.name().toLowerCase(Locale.ROOT);
  }

  /** The same set, to be accepted with this digest only. */
  public PretrainedSet withSha256(String digest) {
    return new PretrainedSet(
        model, type, path, adler32, Optional.of(digest.toLowerCase(Locale.ROOT)));
  }
}
