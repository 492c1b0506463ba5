package org.samediff.pruning.importance;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.graph.HostMemory;

/**
 * What a map A and the gradient of the loss by it say of each filter, for each example: {@code
 * [example][filter]}, flattened in c order.
 *
 * <p>The effect is the first-order change of the loss when the filter's map is switched off. With
 * batch norm its sum over the batch equals {@code gamma dL/dgamma + beta dL/dbeta}, but the mean
 * over examples of |t| cannot be had from that.
 *
 * @param filters number of filters
 * @param response {@code p[n,k]}, mean over space of A
 * @param effect {@code t[n,k]}, sum over space of A * dL/dA
 */
public record MapSums(int filters, double[] response, double[] effect) {
  /** So many floats are summed in single precision before they are added in double. */
  private static final int BLOCK = 256;

  /** Maps from this many elements on are shared out among threads. */
  private static final long LARGE = 1 << 16;

  /** Whether every number is one. */
  public boolean finite() {
    return finite(response) && finite(effect);
  }

  static boolean finite(double[] values) {
    return Arrays.stream(values).allMatch(Double::isFinite);
  }

  /**
   * Reads both once.
   *
   * @param map {@code [N, K]}, or with spatial axes before or behind the channels; any floating
   *     point type
   * @param gradient of the same shape
   * @param channelAxis axis of the map that the filters lie along, not 0
   */
  public static MapSums of(INDArray map, INDArray gradient, int channelAxis) {
    boolean last = channelAxis == map.rank() - 1;
    if (map.dataType() == DataType.FLOAT
        && gradient.dataType() == DataType.FLOAT
        && (last || channelAxis == 1)) {
      Optional<FloatBuffer> a = HostMemory.of(map).map(bytes -> bytes.asFloatBuffer());
      Optional<FloatBuffer> g = HostMemory.of(gradient).map(bytes -> bytes.asFloatBuffer());
      if (a.isPresent() && g.isPresent()) {
        return new Loops(map, a.get(), g.get(), channelAxis, last).sums();
      }
    }
    return byOps(map, gradient, channelAxis);
  }

  private static MapSums byOps(INDArray map, INDArray gradient, int channelAxis) {
    int[] space = IntStream.range(1, map.rank()).filter(d -> d != channelAxis).toArray();
    int filters = (int) map.size(channelAxis);
    try (INDArray product = map.mul(gradient)) {
      return space.length == 0
          ? new MapSums(filters, values(map), values(product))
          : new MapSums(filters, values(map.mean(space)), values(product.sum(space)));
    }
  }

  private static double[] values(INDArray array) {
    return array.dup('c').data().asDouble();
  }

  /** One pass over floats in host memory, where ND4J's ops would take three. */
  private static final class Loops {
    private final FloatBuffer map;
    private final FloatBuffer gradient;
    private final boolean last;
    private final int examples;
    private final int filters;
    private final int positions;
    private final double[] response;
    private final double[] effect;

    Loops(INDArray array, FloatBuffer map, FloatBuffer gradient, int channelAxis, boolean last) {
      this.map = map;
      this.gradient = gradient;
      this.last = last;
      examples = (int) array.size(0);
      filters = (int) array.size(channelAxis);
      positions = (int) (array.length() / examples / filters);
      response = new double[examples * filters];
      effect = new double[examples * filters];
    }

    MapSums sums() {
      IntStream all = IntStream.range(0, examples);
      boolean several =
          Nd4j.getEnvironment().maxThreads() > 1 && (long) examples * filters * positions >= LARGE;
      (several ? all.parallel() : all).forEach(last ? this::channelsLast : this::channelsFirst);
      return new MapSums(filters, response, effect);
    }

    private void channelsFirst(int n) {
      for (int i = n * filters; i < (n + 1) * filters; i++) {
        int end = (i + 1) * positions;
        for (int from = i * positions; from < end; from += BLOCK) {
          add(from, Math.min(end, from + BLOCK), i);
        }
        response[i] /= positions;
      }
    }

    /** Four sums of each kind at once: one alone waits for each addition to end before the next. */
    private void add(int from, int to, int at) {
      float s0 = 0;
      float s1 = 0;
      float s2 = 0;
      float s3 = 0;
      float t0 = 0;
      float t1 = 0;
      float t2 = 0;
      float t3 = 0;
      int i = from;
      for (; i < to - 3; i += 4) {
        float a0 = map.get(i);
        float a1 = map.get(i + 1);
        float a2 = map.get(i + 2);
        float a3 = map.get(i + 3);
        s0 += a0;
        s1 += a1;
        s2 += a2;
        s3 += a3;
        t0 += a0 * gradient.get(i);
        t1 += a1 * gradient.get(i + 1);
        t2 += a2 * gradient.get(i + 2);
        t3 += a3 * gradient.get(i + 3);
      }
      for (; i < to; i++) {
        s0 += map.get(i);
        t0 += map.get(i) * gradient.get(i);
      }
      response[at] += (s0 + s1) + (s2 + s3);
      effect[at] += (t0 + t1) + (t2 + t3);
    }

    private void channelsLast(int n) {
      float[] a = new float[filters];
      float[] g = new float[filters];
      float[] sums = new float[filters];
      float[] products = new float[filters];
      int to = n * filters;
      for (int p = 0; p < positions; p++) {
        int row = (n * positions + p) * filters;
        map.get(row, a);
        gradient.get(row, g);
        for (int k = 0; k < filters; k++) {
          sums[k] += a[k];
          products[k] += a[k] * g[k];
        }
        if (p % BLOCK == BLOCK - 1 || p == positions - 1) {
          for (int k = 0; k < filters; k++) {
            response[to + k] += sums[k] / positions;
            effect[to + k] += products[k];
          }
          Arrays.fill(sums, 0);
          Arrays.fill(products, 0);
        }
      }
    }
  }
}
