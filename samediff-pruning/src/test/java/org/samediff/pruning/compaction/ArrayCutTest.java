package org.samediff.pruning.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ArrayCutTest {
  /** Element by element, for every way an array may lie in memory. */
  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT", "DOUBLE", "HALF", "INT", "LONG", "BYTE"})
  void keepsTheRightElements(DataType type) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      int rank = 1 + random.nextInt(4);
      long[] shape = random.ints(rank, 1, 7).asLongStream().toArray();
      if (round % 10 == 0) {
        shape[rank - 1] = 300; // blocks that are copied one by one
      }
      INDArray array = laidOut(type, shape, random, round % 3);
      SortedMap<Integer, int[]> staying = new TreeMap<>();
      for (int d = 0; d < rank; d++) {
        if (random.nextBoolean() || (d == rank - 1 && staying.isEmpty())) {
          int[] left =
              IntStream.range(0, (int) shape[d]).filter(i -> random.nextInt(3) > 0).toArray();
          staying.put(d, left.length == 0 ? new int[] {0} : left);
        }
      }
      INDArray cut = ArrayCut.keep(array, staying);
      assertThat(cut.dataType()).isEqualTo(type);
      assertElements(array, staying, cut, "seed " + seed + ", round " + round);
    }
  }

  /** Row-major, column-major or a permuted view. */
  private static INDArray laidOut(DataType type, long[] shape, Random random, int how) {
    int length = (int) java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    INDArray values = Nd4j.createFromArray(random.ints(length, -100, 100).toArray()).castTo(type);
    return switch (how) {
      case 0 -> values.reshape('c', shape).dup('c');
      case 1 -> values.reshape('c', shape).dup('f');
      default -> {
        long[] reversed = new long[shape.length];
        int[] axes = new int[shape.length];
        for (int d = 0; d < shape.length; d++) {
          reversed[d] = shape[shape.length - 1 - d];
          axes[d] = shape.length - 1 - d;
        }
        yield values.reshape('c', reversed).dup('c').permute(axes);
      }
    };
  }

  private static void assertElements(
      INDArray array, SortedMap<Integer, int[]> staying, INDArray cut, String where) {
    long[] from = new long[array.rank()];
    for (long[] at = new long[cut.rank()]; at != null; at = next(at, cut.shape())) {
      for (int d = 0; d < from.length; d++) {
        from[d] = staying.containsKey(d) ? staying.get(d)[(int) at[d]] : at[d];
      }
      assertThat(cut.getDouble(at)).as(where).isEqualTo(array.getDouble(from));
    }
    for (int d = 0; d < from.length; d++) {
      assertThat(cut.size(d))
          .as(where)
          .isEqualTo(staying.containsKey(d) ? staying.get(d).length : array.size(d));
    }
  }

  private static long[] next(long[] at, long[] shape) {
    for (int d = at.length - 1; d >= 0; d--) {
      if (++at[d] < shape[d]) {
        return at;
      }
      at[d] = 0;
    }
    return null;
  }
}
