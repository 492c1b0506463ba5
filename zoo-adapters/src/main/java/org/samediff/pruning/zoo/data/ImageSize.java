package org.samediff.pruning.zoo.data;

/**
 * Size of the images that a network takes.
 *
 * @param channels 1 for grey; grey images are repeated for more
 * @param rows height in pixels
 * @param columns width in pixels
 */
public record ImageSize(int channels, int rows, int columns) {
  /**
   * @throws IllegalArgumentException if one is below 1
   */
  public ImageSize {
    if (channels < 1 || rows < 1 || columns < 1) {
      throw new IllegalArgumentException(
          String.format(
              "an image has at least one channel, row and column, got %dx%dx%d",
              channels, rows, columns));
    }
  }

  /** Numbers in one image. */
  public int elements() {
    return channels * rows * columns;
  }
}
