package org.samediff.pruning.model;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * A file of named arrays that proves itself whole: magic, length of the header (4 bytes,
 * big-endian), header (JSON: the arrays' names, types, orders and shapes, and what the writer
 * adds), the arrays' bytes in native order, SHA-256 of all that. Written and read array by array,
 * so that its size is limited by the disk only. {@link ArrayReader} reads it.
 */
final class ArrayFile {
  static final byte[] MAGIC = "SDPRUNE1".getBytes(StandardCharsets.US_ASCII);

  /** Arrays to be written, in order. */
  static final class Entries {
    private record Entry(
        String name, DataType type, char order, long[] shape, INDArray array, double[] numbers) {
      long bytes() {
        return length(shape) * type.width();
      }
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** Adds an array, which is read when the file is written. */
    void add(String name, INDArray array) {
      put(new Entry(name, array.dataType(), array.ordering(), array.shape(), array, null));
    }

    /** Adds a list of numbers. */
    void add(String name, double[] numbers) {
      put(new Entry(name, DataType.DOUBLE, 'c', new long[] {numbers.length}, null, numbers));
    }

    boolean isEmpty() {
      return entries.isEmpty();
    }

    private void put(Entry entry) {
      if (entries.put(entry.name(), entry) != null) {
        throw new IllegalArgumentException("two arrays are called " + entry.name());
      }
    }
  }

  private ArrayFile() {}

  /**
   * Writes a file that is still to be published.
   *
   * @param header what stands in the header beside the arrays
   */
  static PendingFile write(FileOps ops, Path target, ObjectNode header, Entries arrays) {
    ObjectNode whole = header.deepCopy();
    whole.put("byteOrder", ByteOrder.nativeOrder().toString());
    ArrayNode list = whole.putArray("arrays");
    for (Entries.Entry e : arrays.entries.values()) {
      ObjectNode node = list.addObject();
      node.put("name", e.name()).put("type", e.type().name());
      node.put("order", String.valueOf(e.order()));
      ArrayNode shape = node.putArray("shape");
      Arrays.stream(e.shape()).forEach(shape::add);
    }
    byte[] text = whole.toString().getBytes(StandardCharsets.UTF_8);
    return PendingFile.write(
        ops,
        target,
        sink -> {
          sink.write(ByteBuffer.wrap(MAGIC));
          sink.write(ByteBuffer.allocate(4).putInt(text.length).flip());
          sink.write(ByteBuffer.wrap(text));
          for (Entries.Entry e : arrays.entries.values()) {
            if (e.array() == null) {
              sink.write(bytes(e.numbers()));
            } else {
              write(sink, e.array());
            }
          }
          sink.write(ByteBuffer.wrap(sink.digestSoFar()));
        });
  }

  private static ByteBuffer bytes(double[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.nativeOrder());
    bytes.asDoubleBuffer().put(numbers);
    return bytes;
  }

  private static void write(PendingFile.Sink sink, INDArray array) throws IOException {
    if (array.isEmpty()) {
      return;
    }
    long bytes = array.length() * array.dataType().width();
    if (bytes > Integer.MAX_VALUE) {
      throw new PruningException(
          Code.TOO_LARGE, "an array of " + bytes + " bytes; the most is " + Integer.MAX_VALUE);
    }
    INDArray dense = dense(array) ? array : array.dup(array.ordering());
    try {
      sink.write(dense.data().asNio().slice(0, (int) bytes));
    } finally {
      // native memory goes with the array, which the buffer does not hold
      Reference.reachabilityFence(dense);
    }
  }

  /** True if the elements lie in the buffer one behind the other in the array's order. */
  private static boolean dense(INDArray array) {
    if (array.isView() || array.offset() != 0) {
      return false;
    }
    long expected = 1;
    for (int i = 0; i < array.rank(); i++) {
      int d = array.ordering() == 'c' ? array.rank() - 1 - i : i;
      if (array.size(d) != 1 && array.stride(d) != expected) {
        return false;
      }
      expected *= array.size(d);
    }
    return true;
  }

  private static long length(long[] shape) {
    return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }
}
