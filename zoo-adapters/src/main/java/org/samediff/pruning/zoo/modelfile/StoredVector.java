package org.samediff.pruning.zoo.modelfile;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.indexer.HalfIndexer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/**
 * Reads a vector in the format of {@code Nd4j.write}: two buffers, each with a header of mode
 * (UTF), length and type (UTF), big endian. The first is the shape description {@code rank, sizes,
 * strides, options, stride, order}, the second the elements. Lengths are 32 bit up to version 0.9
 * (modes DIRECT, HEAP, JAVACPP), 64 bit since. Memory is asked for only once every header agrees
 * with the number of elements that is expected.
 */
final class StoredVector {
  private static final int CHUNK = 1 << 18;
  private static final int MOST_RANK = 2;
  private static final int DESCRIPTION_BESIDE_AXES = 4;

  private final DataInputStream in;
  private final String source;

  private StoredVector(InputStream in, String source) {
    this.in = new DataInputStream(in);
    this.source = source;
  }

  private record Header(long length, String type) {}

  /**
   * @param expected number of elements, at least 1
   * @param source for messages
   * @return of rank 1, float16, float32 or float64
   * @throws ModelFileException BAD_ARRAY, or DAMAGED where the bytes end early
   */
  static INDArray read(InputStream stream, long expected, String source) throws IOException {
    try {
      return new StoredVector(stream, source).read(expected);
    } catch (EOFException e) {
      throw new ModelFileException(Code.DAMAGED, source + " ends early; fetch the file again", e);
    }
  }

  private INDArray read(long expected) throws IOException {
    Header description = header();
    requireShape(description, expected);
    Header elements = header();
    if (elements.length() != expected) {
      throw wrong("announces " + elements.length() + " elements", expected);
    }
    INDArray result = elements(elements.type(), expected);
    if (in.read() >= 0) {
      throw new ModelFileException(
          Code.BAD_ARRAY, source + " goes on behind its last element; fetch the file again");
    }
    return result;
  }

  private Header header() throws IOException {
    String mode = in.readUTF();
    long length =
        switch (mode) {
          case "DIRECT", "HEAP", "JAVACPP" -> in.readInt();
          case "LONG_SHAPE", "MIXED_DATA_TYPES" -> in.readLong();
          default -> throw unreadable("a buffer of mode", mode);
        };
    return new Header(length, in.readUTF());
  }

  private void requireShape(Header description, long expected) throws IOException {
    boolean wide =
        switch (description.type()) {
          case "LONG" -> true;
          case "INT" -> false;
          default -> throw unreadable("a shape of type", description.type());
        };
    long most = 2L * MOST_RANK + DESCRIPTION_BESIDE_AXES;
    if (description.length() < DESCRIPTION_BESIDE_AXES || description.length() > most) {
      throw unreadable("a shape of length", Long.toString(description.length()));
    }
    long[] values = new long[(int) description.length()];
    for (int i = 0; i < values.length; i++) {
      values[i] = wide ? in.readLong() : in.readInt();
    }
    int rank = (values.length - DESCRIPTION_BESIDE_AXES) / 2;
    if (values[0] != rank) {
      throw unreadable("a shape whose rank is", Long.toString(values[0]));
    }
    long elements = 1;
    for (int axis = 0; axis < rank; axis++) {
      long size = values[1 + axis];
      if (size != 1 && (elements != 1 || values[1 + rank + axis] != 1)) {
        throw unreadable("an array that is no plain vector, size", Long.toString(size));
      }
      elements *= size;
    }
    if (elements != expected) {
      throw wrong("has a shape of " + elements + " elements", expected);
    }
  }

  private INDArray elements(String type, long count) throws IOException {
    DataType dataType =
        switch (type) {
          case "FLOAT" -> DataType.FLOAT;
          case "DOUBLE" -> DataType.DOUBLE;
          case "HALF", "FLOAT16" -> DataType.FLOAT16;
          default -> throw unreadable("elements of type", type);
        };
    INDArray result = Nd4j.createUninitialized(dataType, count);
    byte[] bytes = new byte[CHUNK * dataType.width()];
    for (long start = 0; start < count; start += CHUNK) {
      int n = (int) Math.min(CHUNK, count - start);
      in.readFully(bytes, 0, n * dataType.width());
      ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, n * dataType.width());
      result.get(NDArrayIndex.interval(start, start + n)).assign(chunk(dataType, buffer, n));
    }
    return result;
  }

  private static INDArray chunk(DataType type, ByteBuffer bytes, int n) {
    if (type == DataType.DOUBLE) {
      double[] values = new double[n];
      bytes.asDoubleBuffer().get(values);
      return Nd4j.createFromArray(values);
    }
    float[] values = new float[n];
    if (type == DataType.FLOAT) {
      bytes.asFloatBuffer().get(values);
    } else {
      for (int i = 0; i < n; i++) {
        values[i] = HalfIndexer.toFloat(bytes.getShort());
      }
    }
    return Nd4j.createFromArray(values);
  }

  private ModelFileException unreadable(String what, String value) {
    return new ModelFileException(
        Code.BAD_ARRAY,
        source
            + " holds "
            + what
            + " \""
            + value.substring(0, Math.min(value.length(), 40))
            + "\"; expected a vector of FLOAT, DOUBLE or HALF. Fetch the file again");
  }

  private ModelFileException wrong(String found, long expected) {
    return new ModelFileException(
        Code.BAD_ARRAY,
        source
            + " "
            + found
            + ", the configuration needs "
            + expected
            + "; configuration and weights are not of one network");
  }
}
