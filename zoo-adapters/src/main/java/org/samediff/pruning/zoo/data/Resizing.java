package org.samediff.pruning.zoo.data;

/**
 * Bilinear interpolation of one grey image, pixel centres aligned: a target pixel {@code i} lies at
 * {@code (i + 0.5) * from / to - 0.5} in the source, held within it. Larger images only gain
 * smoothness; much smaller ones leave pixels out.
 */
final class Resizing {
  private final Axis rows;
  private final Axis columns;

  Resizing(int fromRows, int fromColumns, int toRows, int toColumns) {
    rows = new Axis(fromRows, toRows);
    columns = new Axis(fromColumns, toColumns);
  }

  /** Writes the resized image, row by row, to {@code target} from {@code start} on. */
  void apply(float[] image, float[] target, int start) {
    int width = columns.from;
    for (int y = 0, to = start; y < rows.lower.length; y++) {
      int upper = rows.lower[y] * width;
      int lower = Math.min(rows.lower[y] + 1, rows.from - 1) * width;
      for (int x = 0; x < columns.lower.length; x++) {
        float above = columns.between(image, upper, x);
        float below = columns.between(image, lower, x);
        target[to++] = above + rows.weight[y] * (below - above);
      }
    }
  }

  private static final class Axis {
    private final int from;
    private final int[] lower;
    private final float[] weight;

    Axis(int from, int to) {
      this.from = from;
      lower = new int[to];
      weight = new float[to];
      for (int i = 0; i < to; i++) {
        double place = Math.min(Math.max((i + 0.5) * from / to - 0.5, 0), from - 1);
        lower[i] = (int) place;
        weight[i] = (float) (place - lower[i]);
      }
    }

    float between(float[] image, int row, int i) {
      float left = image[row + lower[i]];
      float right = image[row + Math.min(lower[i] + 1, from - 1)];
      return left + weight[i] * (right - left);
    }
  }
}
