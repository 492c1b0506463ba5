package org.samediff.pruning.model;

import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * How large a file from outside may be. Whatever the limits, reading a file takes time and memory
 * in proportion to its size: no number in it makes for more.
 *
 * @param fileBytes size of the file; SameDiff's format ends at 2 GiB
 * @param variables number of variables, constants, placeholders and activations
 * @param ops number of ops
 * @param rank of an array, at most 32
 * @param textBytes size of one name or text
 */
public record Limits(long fileBytes, int variables, int ops, int rank, int textBytes) {
  /** The most that a byte array of the JVM holds. */
  private static final int LARGEST = Integer.MAX_VALUE - 8;

  /** 2 GiB, a million variables, a million ops, rank 32, texts of 16 MiB. */
  public static final Limits DEFAULT = new Limits(LARGEST, 1_000_000, 1_000_000, 32, 16 << 20);

  /**
   * Checks the numbers.
   *
   * @throws PruningException BAD_OPTION
   */
  public Limits {
    if (fileBytes < 8
        || fileBytes > LARGEST
        || variables < 1
        || ops < 1
        || rank < 1
        || rank > 32
        || textBytes < 1) {
      throw new PruningException(
          Code.BAD_OPTION,
          "limits: fileBytes must be from 8 to "
              + LARGEST
              + ", rank from 1 to 32 and the others above 0, got "
              + fileBytes
              + ", "
              + variables
              + ", "
              + ops
              + ", "
              + rank
              + ", "
              + textBytes);
    }
  }

  /** The same with another limit for the file. */
  public Limits withFileBytes(long bytes) {
    return new Limits(bytes, variables, ops, rank, textBytes);
  }
}
