package org.samediff.pruning.compaction;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.SortedMap;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.graph.HostMemory;

/** Gathers along several axes of an array at once. */
final class ArrayCut {
  /** Blocks from this many bytes on are copied one by one, smaller ones through a row. */
  private static final int LARGE_BLOCK = 256;

  private ArrayCut() {}

  /**
   * A new array with the indices that stay along each of these axes, of which there is at least
   * one; everything along the others.
   */
  static INDArray keep(INDArray array, SortedMap<Integer, int[]> staying) {
    Optional<ByteBuffer> from = HostMemory.of(array);
    if (from.isEmpty()) {
      return gathered(array, staying);
    }
    long[] shape = array.shape().clone();
    staying.forEach((axis, indices) -> shape[axis] = indices.length);
    INDArray result = Nd4j.createUninitialized(array.dataType(), shape, 'c');
    Optional<ByteBuffer> to = HostMemory.of(result);
    if (to.isEmpty()) {
      return gathered(array, staying);
    }
    new Rows(array, staying, from.get(), to.get()).copy(0, 0);
    return result;
  }

  private static INDArray gathered(INDArray array, SortedMap<Integer, int[]> staying) {
    INDArray result = array;
    for (int axis : staying.keySet()) {
      long[] shape = result.shape().clone();
      shape[axis] = staying.get(axis).length;
      INDArray out = Nd4j.createUninitialized(array.dataType(), shape, 'c');
      Nd4j.exec(
          DynamicCustomOp.builder("gather")
              .addInputs(result, Nd4j.createFromArray(staying.get(axis)))
              .addOutputs(out)
              .addIntegerArguments(axis)
              .build());
      result = out;
    }
    return result;
  }

  /** Copies what stays, in order. A row is what lies along the last axis that is cut. */
  private static final class Rows {
    private final SortedMap<Integer, int[]> staying;
    private final ByteBuffer from;
    private final ByteBuffer to;
    private final long[] shape;
    private final int last;
    private final int[] inRow;
    private final int block;
    private final byte[] row;
    private final byte[] shorter;
    private int written;

    Rows(INDArray array, SortedMap<Integer, int[]> staying, ByteBuffer from, ByteBuffer to) {
      this.staying = staying;
      this.from = from;
      this.to = to;
      shape = array.shape();
      last = staying.lastKey();
      inRow = staying.get(last);
      int width = array.dataType().width();
      for (int d = last + 1; d < shape.length; d++) {
        width *= (int) shape[d];
      }
      block = width;
      boolean small = block < LARGE_BLOCK;
      row = new byte[small ? (int) shape[last] * block : 0];
      shorter = new byte[small ? inRow.length * block : 0];
    }

    /** Copies from the row or rows at these coordinates, {@code axis} of them, on. */
    void copy(int axis, int number) {
      if (axis == last) {
        copyRow(number);
      } else if (staying.containsKey(axis)) {
        for (int i : staying.get(axis)) {
          copy(axis + 1, number * (int) shape[axis] + i);
        }
      } else {
        for (int i = 0; i < shape[axis]; i++) {
          copy(axis + 1, number * (int) shape[axis] + i);
        }
      }
    }

    private void copyRow(int number) {
      int start = number * (int) shape[last] * block;
      if (block >= LARGE_BLOCK) {
        for (int i : inRow) {
          to.put(written, from, start + i * block, block);
          written += block;
        }
        return;
      }
      from.get(start, row);
      int at = 0;
      for (int i : inRow) {
        for (int b = i * block; b < (i + 1) * block; b++) {
          shorter[at++] = row[b];
        }
      }
      to.put(written, shorter);
      written += shorter.length;
    }
  }
}
