package org.samediff.pruning.zoo.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An array of unsigned bytes read from an IDX file, the format of the MNIST family.
 *
 * <p>Layout of the file: four bytes {@code 0, 0, 8, rank}, then {@code rank} sizes as big-endian
 * 32-bit integers, then the elements in row-major order and nothing after them. The file may be
 * gzipped.
 */
final class IdxArray {
  private static final int UNSIGNED_BYTE = 0x08;

  /** Far above any file of the family; a damaged size is refused before memory is asked for. */
  private static final long MAX_ELEMENTS = 1L << 30;

  private final int[] shape;
  private final byte[] elements;

  private IdxArray(int[] shape, byte[] elements) {
    this.shape = shape;
    this.elements = elements;
  }

  int size(int dimension) {
    return shape[dimension];
  }

  /** The elements in row-major order; not a copy. */
  byte[] elements() {
    return elements;
  }

  /**
   * Reads one array.
   *
   * @param name of the file, for messages
   * @param rank that the array must have
   * @throws IdxFormatException if the bytes are no such array
   */
  static IdxArray read(InputStream stream, String name, int rank) throws IOException {
    try {
      return parse(decompressed(stream), name, rank);
    } catch (EOFException | ZipException e) {
      throw new IdxFormatException(
          name + ": ends early or is damaged (" + e.getMessage() + "); fetch it again", e);
    }
  }

  private static InputStream decompressed(InputStream stream) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(stream);
    buffered.mark(2);
    boolean gzip = buffered.read() == 0x1f && buffered.read() == 0x8b;
    buffered.reset();
    return gzip ? new GZIPInputStream(buffered) : buffered;
  }

  private static IdxArray parse(InputStream in, String name, int rank) throws IOException {
    int expected = UNSIGNED_BYTE << 8 | rank;
    int magic = readInt(in, name);
    if (magic != expected) {
      throw new IdxFormatException(
          String.format(
              "%s: starts with 0x%08x where an IDX file of rank %d starts with 0x%08x;"
                  + " are images and labels swapped? Otherwise fetch it again",
              name, magic, rank, expected));
    }
    int[] shape = new int[rank];
    long count = 1;
    for (int d = 0; d < rank; d++) {
      shape[d] = readInt(in, name);
      if (shape[d] <= 0 || shape[d] > MAX_ELEMENTS / count) {
        throw new IdxFormatException(
            String.format(
                "%s: size %d of dimension %d is outside 1 .. %d; fetch it again",
                name, shape[d], d, MAX_ELEMENTS / count));
      }
      count *= shape[d];
    }
    byte[] elements = in.readNBytes((int) count);
    if (elements.length < count || in.read() >= 0) {
      throw new IdxFormatException(
          String.format(
              "%s: the header %s announces %d bytes, the file holds %s; fetch it again",
              name,
              Arrays.toString(shape),
              count,
              elements.length < count ? Integer.toString(elements.length) : "more"));
    }
    return new IdxArray(shape, elements);
  }

  private static int readInt(InputStream in, String name) throws IOException {
    byte[] b = in.readNBytes(4);
    if (b.length < 4) {
      throw new IdxFormatException(name + ": ends inside its header; fetch it again");
    }
    return (b[0] & 0xff) << 24 | (b[1] & 0xff) << 16 | (b[2] & 0xff) << 8 | (b[3] & 0xff);
  }
}
