package org.samediff.pruning.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.nd4j.graph.DType;
import org.nd4j.graph.FlatArray;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.shape.options.ArrayOptionsHelper;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * Checks an array of a file whose structure is sound: its shape information against its bytes, so
 * that native code, which believes the strides, stays inside the buffer.
 *
 * <p>Shape information: rank, sizes, strides, flags, element-wise stride, order. ND4J writes arrays
 * that are no views; their strides are those of their order.
 */
final class ArrayCheck {
  private static final Map<Byte, DataType> TYPES =
      Map.ofEntries(
          Map.entry(DType.BOOL, DataType.BOOL),
          Map.entry(DType.HALF, DataType.HALF),
          Map.entry(DType.FLOAT, DataType.FLOAT),
          Map.entry(DType.DOUBLE, DataType.DOUBLE),
          Map.entry(DType.INT8, DataType.BYTE),
          Map.entry(DType.INT16, DataType.SHORT),
          Map.entry(DType.INT32, DataType.INT),
          Map.entry(DType.INT64, DataType.LONG),
          Map.entry(DType.UINT8, DataType.UBYTE),
          Map.entry(DType.UINT16, DataType.UINT16),
          Map.entry(DType.UINT32, DataType.UINT32),
          Map.entry(DType.UINT64, DataType.UINT64),
          Map.entry(DType.BFLOAT16, DataType.BFLOAT16),
          Map.entry(DType.UTF8, DataType.UTF8));

  private ArrayCheck() {}

  /** An array's type and shape as the file has them. */
  record Header(DataType type, long[] shape) {
    long length() {
      return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }
  }

  /** The type of this number; BAD_FILE if there is none. */
  static DataType type(byte code, String where) {
    DataType type = TYPES.get(code);
    if (type == null) {
      throw Faults.badFile(where + " has type number " + code + ", which no type has");
    }
    return type;
  }

  static Header require(FlatArray array, int maxRank, String where) {
    DataType type = type(array.dtype(), where);
    if (type == DataType.UTF8) {
      throw Faults.badFile(where + " holds texts; only arrays of numbers are loaded");
    }
    requireReadable(type, array, where);
    int words = array.shapeLength();
    long rank = words == 0 ? -1 : array.shape(0);
    if (rank < 0 || rank > maxRank || words != 2 * rank + 4) {
      throw Faults.badFile(
          String.format(
              Locale.ROOT, "%s has rank %d and %d words of shape information", where, rank, words));
    }
    long[] shape = new long[(int) rank];
    long length = 1;
    for (int d = 0; d < rank; d++) {
      shape[d] = array.shape(1 + d);
      if (shape[d] < 0 || shape[d] > Integer.MAX_VALUE) {
        throw Faults.badFile(where + " has a side of " + shape[d]);
      }
      length *= shape[d];
      if (length > Integer.MAX_VALUE) {
        throw Faults.badFile(where + " has more elements than a file holds");
      }
    }
    requireFlags(array, type, length, where);
    long bytes = length * type.width();
    boolean empty = isEmpty(array);
    if (array.bufferLength() != (empty ? 0 : bytes)) {
      throw Faults.badFile(
          String.format(
              Locale.ROOT,
              "%s of shape %s and type %s has %d bytes, and takes %d",
              where,
              Arrays.toString(shape),
              type,
              array.bufferLength(),
              bytes));
    }
    if (!empty) {
      requireStrides(array, shape, where);
    }
    return new Header(type, shape);
  }

  /**
   * ND4J 1.0.0-M2.1 writes these arrays in one byte order or element order and reads them in
   * another, without a word; 32 and 64 bits without a sign it cannot read at all.
   */
  private static void requireReadable(DataType type, FlatArray array, String where) {
    boolean misread =
        switch (type) {
          case BFLOAT16, UINT16, UINT32, UINT64 -> true;
          case UBYTE -> array.shapeLength() > 0 && array.shape(array.shapeLength() - 1) != 'c';
          default -> false;
        };
    if (misread) {
      throw new PruningException(
          Code.NOT_ADMITTED,
          where
              + " is of type "
              + type
              + (type == DataType.UBYTE ? " in order f" : "")
              + ", which ND4J 1.0.0-M2.1 does not read back as it was. Cast it to FLOAT or INT"
              + (type == DataType.UBYTE ? ", or dup('c') it," : "")
              + " before saving");
    }
  }

  private static boolean isEmpty(FlatArray array) {
    return (array.shape(array.shapeLength() - 3) & ArrayOptionsHelper.ATYPE_EMPTY_BIT) != 0;
  }

  private static void requireFlags(FlatArray array, DataType type, long length, String where) {
    long flags = array.shape(array.shapeLength() - 3);
    if (isEmpty(array) != (length == 0) && !(isEmpty(array) && array.shape(0) == 0)) {
      throw Faults.badFile(
          where
              + (length == 0 ? " has no elements and is not" : " has elements and is")
              + " marked empty");
    }
    long other = ArrayOptionsHelper.ATYPE_SPARSE_BIT | ArrayOptionsHelper.ATYPE_COMPRESSED_BIT;
    if ((flags & other) != 0) {
      throw Faults.badFile(where + " is marked sparse or compressed");
    }
    if (ArrayOptionsHelper.setOptionBit(0L, type) != (flags & typeBits())) {
      throw Faults.badFile(where + " is " + type + ", and its flags name another type");
    }
    long order = array.shape(array.shapeLength() - 1);
    if (order != 'c' && order != 'f') {
      throw Faults.badFile(where + " has order " + order + "; there are c (99) and f (102)");
    }
    if (array.byteOrder() != org.nd4j.graph.ByteOrder.LE
        && array.byteOrder() != org.nd4j.graph.ByteOrder.BE) {
      throw Faults.badFile(where + " has byte order " + array.byteOrder());
    }
  }

  private static long typeBits() {
    long bits = 0;
    for (DataType t : TYPES.values()) {
      bits = ArrayOptionsHelper.setOptionBit(bits, t);
    }
    return bits;
  }

  private static void requireStrides(FlatArray array, long[] shape, String where) {
    boolean c = array.shape(array.shapeLength() - 1) == 'c';
    long expected = 1;
    for (int i = 0; i < shape.length; i++) {
      int d = c ? shape.length - 1 - i : i;
      long stride = array.shape(1 + shape.length + d);
      // along an axis of one element nothing is ever stepped
      if (shape[d] != 1 && stride != expected) {
        throw Faults.badFile(
            String.format(
                Locale.ROOT,
                "%s of shape %s has stride %d along axis %d, and order %s means %d",
                where,
                Arrays.toString(shape),
                stride,
                d,
                c ? "c" : "f",
                expected));
      }
      if (stride < 0 || stride > Integer.MAX_VALUE) {
        throw Faults.badFile(where + " has a stride of " + stride);
      }
      expected *= shape[d];
    }
  }
}
