package org.samediff.pruning.zoo.modelfile;

/**
 * What a model archive may ask for. The defaults are far above every network of the zoo.
 *
 * @param entries in the archive, at least 1
 * @param configurationBytes of the JSON text, uncompressed
 * @param parameters of the network
 * @param ratio of uncompressed to compressed size of what is read of the archive; DEFLATE reaches
 *     1,000, weights 1.1, configurations 30. Entries below a mebibyte may have any
 */
public record ZipLimits(int entries, long configurationBytes, long parameters, int ratio) {
  /** 64 entries, 16 MiB of configuration, 512 Mi parameters, ratio 200. */
  public static ZipLimits defaults() {
    return new ZipLimits(64, 16L << 20, 512L << 20, 200);
  }

  /** The same with another number of parameters. */
  public ZipLimits withParameters(long most) {
    return new ZipLimits(entries, configurationBytes, most, ratio);
  }

  /** The same with another ratio. */
  public ZipLimits withRatio(int most) {
    return new ZipLimits(entries, configurationBytes, parameters, most);
  }
}
