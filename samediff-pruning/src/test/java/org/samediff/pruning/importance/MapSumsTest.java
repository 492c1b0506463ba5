package org.samediff.pruning.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Sums over maps of every layout, length and type against plain loops in double. */
class MapSumsTest {
  private static final long SEED = 11;

  static Stream<Arguments> maps() {
    return Stream.of(
            // channels first, with rows shorter and longer than a block and than four
            new long[] {2, 3, 1, 1},
            new long[] {3, 5, 1, 3},
            new long[] {2, 3, 7, 9},
            new long[] {2, 2, 23, 29},
            // from 65,536 elements on several threads share the examples
            new long[] {8, 16, 32, 32},
            // a signal, a volume, a dense layer
            new long[] {4, 3, 37},
            new long[] {2, 3, 4, 5, 6},
            new long[] {5, 7})
        .flatMap(
            shape ->
                Stream.of(1, shape.length - 1)
                    .distinct()
                    .flatMap(
                        axis ->
                            Stream.of(DataType.FLOAT, DataType.DOUBLE)
                                .map(type -> Arguments.of(shape, axis, type))));
  }

  @ParameterizedTest(name = "{0} channels along {1}, {2}")
  @MethodSource("maps")
  void equalPlainLoops(long[] shape, int axis, DataType type) {
    check(random(shape, type, SEED), random(shape, type, SEED + 1), axis);
  }

  @ParameterizedTest(name = "{0} channels along {1}, {2}")
  @MethodSource("maps")
  void readsViewsAndOtherOrders(long[] shape, int axis, DataType type) {
    long[] wider = shape.clone();
    wider[0] += 2;
    INDArray view = random(wider, type, SEED).get(NDArrayIndex.interval(1, 1 + shape[0]));
    check(view, random(shape, type, SEED + 1).dup('f'), axis);
  }

  private static void check(INDArray map, INDArray gradient, int axis) {
    MapSums sums = MapSums.of(map, gradient, axis);
    int examples = (int) map.size(0);
    int filters = (int) map.size(axis);
    double[] response = new double[examples * filters];
    double[] effect = new double[examples * filters];
    double[] scale = new double[examples * filters];
    double positions = (double) map.length() / examples / filters;
    long[] at = new long[map.rank()];
    for (long i = 0; i < map.length(); i++) {
      long rest = i;
      for (int d = at.length - 1; d >= 0; d--) {
        at[d] = rest % map.size(d);
        rest /= map.size(d);
      }
      int to = (int) (at[0] * filters + at[axis]);
      double a = map.getDouble(at);
      double g = gradient.getDouble(at);
      response[to] += a / positions;
      effect[to] += a * g;
      scale[to] += Math.abs(a * g) + Math.abs(a);
    }
    assertThat(sums.filters()).isEqualTo(filters);
    double tolerance = map.dataType() == DataType.DOUBLE ? 1e-14 : 2e-7;
    for (int i = 0; i < response.length; i++) {
      String what = "number " + i + ", seed " + SEED;
      assertThat(sums.response()[i]).as(what).isCloseTo(response[i], within(tolerance * scale[i]));
      assertThat(sums.effect()[i]).as(what).isCloseTo(effect[i], within(tolerance * scale[i]));
    }
  }

  private static INDArray random(long[] shape, DataType type, long seed) {
    Random random = new Random(seed);
    INDArray array = Nd4j.create(type, shape);
    for (long i = 0; i < array.length(); i++) {
      array.putScalar(i, random.nextGaussian());
    }
    return array;
  }
}
