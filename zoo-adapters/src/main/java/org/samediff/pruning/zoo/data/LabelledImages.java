package org.samediff.pruning.zoo.data;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Grey images with one class label each. Immutable by convention: the arrays are not copied.
 *
 * @param pixels unsigned bytes, {@code [count, rows, columns]} in row-major order
 * @param labels class of each image, {@code 0 .. classes - 1}
 * @param rows height in pixels
 * @param columns width in pixels
 * @param classes number of classes
 */
@SuppressWarnings("ArrayRecordComponent") // bulk data: neither compared nor printed
public record LabelledImages(byte[] pixels, byte[] labels, int rows, int columns, int classes) {

  /**
   * @throws IllegalArgumentException if the arrays do not fit each other or a label is out of range
   */
  public LabelledImages {
    if (pixels.length != labels.length * rows * columns) {
      throw new IllegalArgumentException(
          String.format(
              "%d labels of %dx%d images need %d pixels, there are %d",
              labels.length, rows, columns, labels.length * rows * columns, pixels.length));
    }
    IntStream.range(0, labels.length)
        .filter(i -> labels[i] < 0 || labels[i] >= classes)
        .findFirst()
        .ifPresent(
            i -> {
              throw new IllegalArgumentException(
                  String.format(
                      "label %d of image %d is outside 0 .. %d", labels[i] & 0xff, i, classes - 1));
            });
  }

  /** Number of images. */
  public int count() {
    return labels.length;
  }

  /**
   * The first images.
   *
   * @param number at least 1; all of them if there are fewer
   */
  public LabelledImages first(int number) {
    int n = Math.min(number, count());
    return new LabelledImages(
        Arrays.copyOf(pixels, n * rows * columns),
        Arrays.copyOf(labels, n),
        rows,
        columns,
        classes);
  }
}
