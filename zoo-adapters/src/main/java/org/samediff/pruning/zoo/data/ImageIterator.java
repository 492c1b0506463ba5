package org.samediff.pruning.zoo.data;

import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.DataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Mini-batches of images for SameDiff's {@code fit} and {@code evaluate}.
 *
 * <p>Features are {@code [N, channels, rows, columns]}, resized where a network takes another size
 * than the images have, grey repeated for every channel; labels one-hot {@code [N, classes]}, both
 * float32 and c-ordered (other orders are computed wrongly by the oneDNN backend). Pixels are
 * standardised with the mean and deviation of Fashion-MNIST. The last batch of an epoch may be
 * shorter.
 *
 * <p>A shuffling iterator draws a new order at every {@link #reset}; the same seed and the same
 * calls give the same batches. Not thread-safe.
 */
public final class ImageIterator implements DataSetIterator {
  private static final float MEAN = 0.2860f;
  private static final float DEVIATION = 0.3530f;

  private final LabelledImages images;
  private final ImageSize size;
  private final @Nullable Resizing resizing;
  private final int batch;
  private final @Nullable Random random;
  private final int[] order;
  private int position;
  private @Nullable DataSetPreProcessor preProcessor;

  private ImageIterator(LabelledImages images, ImageSize size, int batch, @Nullable Random random) {
    if (batch < 1) {
      throw new IllegalArgumentException("batch size " + batch + " must be at least 1");
    }
    this.images = images;
    this.size = size;
    boolean same = size.rows() == images.rows() && size.columns() == images.columns();
    this.resizing =
        same ? null : new Resizing(images.rows(), images.columns(), size.rows(), size.columns());
    this.batch = batch;
    this.random = random;
    this.order = IntStream.range(0, images.count()).toArray();
    begin();
  }

  /** Every image once per epoch in the order of the file, at its own size. */
  public static ImageIterator ordered(LabelledImages images, int batch) {
    return ordered(images, own(images), batch);
  }

  /** Every image once per epoch in the order of the file. */
  public static ImageIterator ordered(LabelledImages images, ImageSize size, int batch) {
    return new ImageIterator(images, size, batch, null);
  }

  /**
   * Every image once per epoch in an order drawn anew, each mirrored with probability 1/2, at its
   * own size.
   */
  public static ImageIterator shuffled(LabelledImages images, int batch, long seed) {
    return shuffled(images, own(images), batch, seed);
  }

  /** Every image once per epoch in an order drawn anew, each mirrored with probability 1/2. */
  public static ImageIterator shuffled(
      LabelledImages images, ImageSize size, int batch, long seed) {
    return new ImageIterator(images, size, batch, new Random(seed));
  }

  private static ImageSize own(LabelledImages images) {
    return new ImageSize(1, images.rows(), images.columns());
  }

  @Override
  public boolean hasNext() {
    return position < order.length;
  }

  @Override
  public DataSet next() {
    return next(batch);
  }

  @Override
  public DataSet next(int count) {
    if (!hasNext()) {
      throw new NoSuchElementException("the epoch is over; call reset()");
    }
    int n = Math.min(count, order.length - position);
    int plane = size.rows() * size.columns();
    float[] features = new float[n * size.elements()];
    float[] pixels = new float[images.rows() * images.columns()];
    float[] labels = new float[n * images.classes()];
    for (int i = 0; i < n; i++) {
      int image = order[position++];
      readPixels(image, pixels);
      int start = i * size.elements();
      if (resizing == null) {
        System.arraycopy(pixels, 0, features, start, plane);
      } else {
        resizing.apply(pixels, features, start);
      }
      for (int channel = 1; channel < size.channels(); channel++) {
        System.arraycopy(features, start, features, start + channel * plane, plane);
      }
      labels[i * images.classes() + images.labels()[image]] = 1;
    }
    DataSet result =
        new DataSet(
            array(features, n, size.channels(), size.rows(), size.columns()),
            array(labels, n, images.classes()));
    if (preProcessor != null) {
      preProcessor.preProcess(result);
    }
    return result;
  }

  private void readPixels(int image, float[] target) {
    boolean mirrored = random != null && random.nextBoolean();
    int source = image * images.rows() * images.columns();
    for (int y = 0; y < images.rows(); y++) {
      for (int x = 0; x < images.columns(); x++) {
        int from = mirrored ? images.columns() - 1 - x : x;
        int pixel = images.pixels()[source + y * images.columns() + from] & 0xff;
        target[y * images.columns() + x] = (pixel / 255f - MEAN) / DEVIATION;
      }
    }
  }

  private static INDArray array(float[] values, long... shape) {
    return Nd4j.create(values, shape, 'c');
  }

  /** Begins the next epoch, the same one however much of this one was read. */
  @Override
  public void reset() {
    for (; random != null && position < order.length; position++) {
      random.nextBoolean(); // whether an image that nobody read would have been mirrored
    }
    begin();
  }

  private void begin() {
    position = 0;
    if (random == null) {
      return;
    }
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
  }

  @Override
  public int batch() {
    return batch;
  }

  /** Number of batches in an epoch. */
  public int batchesPerEpoch() {
    return (images.count() + batch - 1) / batch;
  }

  @Override
  public int inputColumns() {
    return size.elements();
  }

  @Override
  public int totalOutcomes() {
    return images.classes();
  }

  @Override
  public boolean resetSupported() {
    return true;
  }

  @Override
  public boolean asyncSupported() {
    return false;
  }

  @Override
  public void setPreProcessor(@Nullable DataSetPreProcessor preProcessor) {
    this.preProcessor = preProcessor;
  }

  @Override
  public @Nullable DataSetPreProcessor getPreProcessor() {
    return preProcessor;
  }

  @Override
  public @Nullable List<String> getLabels() {
    return null;
  }
}
