package org.samediff.pruning.graph;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner.ExecutionerType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The bytes of arrays, for loops that are faster in Java than as ND4J ops: many small arrays, or
 * reductions along leading axes.
 */
public final class HostMemory {
  private HostMemory() {}

  /**
   * The array's elements in row-major order, in the machine's byte order; a view, not a copy. Keep
   * the array itself reachable while it is used.
   *
   * @return empty for an array that lies otherwise, is 2 GiB or larger, or not in the CPU's memory;
   *     use ND4J's ops then
   */
  public static Optional<ByteBuffer> of(INDArray array) {
    boolean plain =
        Nd4j.getExecutioner().type() == ExecutionerType.NATIVE_CPU
            && !array.isEmpty()
            && !array.isView()
            && rowMajor(array)
            && array.length() * array.dataType().width() <= Integer.MAX_VALUE
            && array.dataType().isNumerical();
    return plain ? Optional.of(array.data().asNio()) : Optional.empty();
  }

  /** Whatever the strides of axes of length one. */
  private static boolean rowMajor(INDArray array) {
    long expected = 1;
    for (int d = array.rank() - 1; d >= 0; d--) {
      if (array.size(d) > 1 && array.stride(d) != expected) {
        return false;
      }
      expected *= array.size(d);
    }
    return true;
  }
}
