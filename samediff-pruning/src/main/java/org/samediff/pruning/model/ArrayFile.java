package org.samediff.pruning.model;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * A file of named arrays that proves itself whole: magic, length of the header (4 bytes,
 * big-endian), header (JSON: the arrays' names, types, orders and shapes, and what the writer
 * adds), the arrays' bytes in native order, SHA-256 of all that. Written and read array by array,
 * so that its size is limited by the disk only.
 */
final class ArrayFile {
  private static final byte[] MAGIC = "SDPRUNE1".getBytes(StandardCharsets.US_ASCII);
  private static final int LARGEST_HEADER = 256 << 20;

  /** Arrays to be written, in order. */
  static final class Content {
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
  static PendingFile write(FileOps ops, Path target, ObjectNode header, Content arrays) {
    ObjectNode whole = header.deepCopy();
    whole.put("byteOrder", ByteOrder.nativeOrder().toString());
    ArrayNode list = whole.putArray("arrays");
    for (Content.Entry e : arrays.entries.values()) {
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
          for (Content.Entry e : arrays.entries.values()) {
            sink.write(e.array() == null ? bytes(e.numbers()) : bytes(e.array()));
          }
          sink.write(ByteBuffer.wrap(sink.digestSoFar()));
        });
  }

  private static ByteBuffer bytes(double[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.nativeOrder());
    bytes.asDoubleBuffer().put(numbers);
    return bytes;
  }

  private static ByteBuffer bytes(INDArray array) {
    if (array.isEmpty()) {
      return ByteBuffer.allocate(0);
    }
    long bytes = array.length() * array.dataType().width();
    if (bytes > Integer.MAX_VALUE) {
      throw new PruningException(
          Code.TOO_LARGE, "an array of " + bytes + " bytes; the most is " + Integer.MAX_VALUE);
    }
    INDArray dense = dense(array) ? array : array.dup(array.ordering());
    return dense.data().asNio().slice(0, (int) bytes);
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

  /** A file that was found whole, open for reading. Not thread safe. */
  static final class Reader implements Closeable {
    private record Entry(DataType type, char order, long[] shape, long at, int bytes) {}

    private final Path file;
    private final FileChannel channel;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final JsonNode header;

    private Reader(Path file, FileChannel channel) throws IOException {
      this.file = file;
      this.channel = channel;
      long size = channel.size();
      long content = size - Sha256.LENGTH;
      int start = MAGIC.length + 4;
      ByteBuffer head = bytes(0, (int) Math.min(start, size));
      if (content < start || !Arrays.equals(Arrays.copyOf(head.array(), MAGIC.length), MAGIC)) {
        throw bad("it does not begin as one, or ends at once");
      }
      int headerBytes = head.getInt(MAGIC.length);
      if (headerBytes < 2 || headerBytes > LARGEST_HEADER || headerBytes > content - start) {
        throw bad("its header would have " + headerBytes + " bytes");
      }
      requireDigest(content);
      header = json(bytes(start, headerBytes));
      long end = readEntries(start + (long) headerBytes);
      if (end != content) {
        throw bad("its arrays would end at byte " + end + " of " + content);
      }
    }

    private void requireDigest(long content) throws IOException {
      channel.position(0);
      Sha256 read = Sha256.of(channel, content);
      String stored = HexFormat.of().formatHex(bytes(content, Sha256.LENGTH).array());
      if (!read.hex().equals(stored)) {
        throw new PruningException(
            Code.DIGEST_MISMATCH,
            "\""
                + file
                + "\" is damaged or was not written to its end: its SHA-256 is "
                + read.hex()
                + ", and it ends with "
                + stored
                + ". Take another copy");
      }
    }

    private JsonNode json(ByteBuffer text) {
      try {
        return Json.MAPPER.readTree(text.array());
      } catch (IOException e) {
        throw bad("its header is no JSON: " + e.getMessage());
      }
    }

    private long readEntries(long first) {
      if (!header.path("byteOrder").asText().equals(ByteOrder.nativeOrder().toString())) {
        throw bad("it was written on a machine with byte order " + header.path("byteOrder"));
      }
      long at = first;
      for (JsonNode node : header.path("arrays")) {
        String name = node.path("name").asText();
        DataType type;
        try {
          type = DataType.valueOf(node.path("type").asText());
        } catch (IllegalArgumentException e) {
          throw bad("array \"" + name + "\" has type " + node.path("type"));
        }
        long bytes = type.width();
        long[] shape = new long[node.path("shape").size()];
        for (int d = 0; d < shape.length; d++) {
          shape[d] = node.path("shape").path(d).asLong(-1);
          bytes = shape[d] < 0 || shape[d] > Integer.MAX_VALUE ? -1 : bytes * shape[d];
          if (bytes < 0 || bytes > Integer.MAX_VALUE) {
            throw bad("array \"" + name + "\" has shape " + node.path("shape"));
          }
        }
        char order = node.path("order").asText().equals("f") ? 'f' : 'c';
        if (shape.length > 32
            || type.width() < 1
            || entries.put(name, new Entry(type, order, shape, at, (int) bytes)) != null) {
          throw bad("array \"" + name + "\" is there twice, or of a kind that cannot be stored");
        }
        at += bytes;
      }
      return at;
    }

    private ByteBuffer bytes(long at, int length) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(length);
      fill(buffer, at);
      return buffer.flip();
    }

    private void fill(ByteBuffer buffer, long at) throws IOException {
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, at + buffer.position()) < 0) {
          throw new IOException("the file ended while it was read");
        }
      }
    }

    JsonNode header() {
      return header;
    }

    /** Names of the arrays, in the file's order. */
    Set<String> names() {
      return Collections.unmodifiableSet(entries.keySet());
    }

    /** Type and shape of an array, for comparison and messages. */
    String describe(String name) {
      Entry e = entries.get(name);
      return e == null ? "nothing" : e.type() + " " + Arrays.toString(e.shape());
    }

    /** Compares an array's type and shape with one that is there. */
    void requireFits(String name, INDArray target) {
      String wanted = target.dataType() + " " + Arrays.toString(target.shape());
      if (!describe(name).equals(wanted)) {
        throw new PruningException(
            Code.CHECKPOINT_MISMATCH,
            String.format(
                Locale.ROOT,
                "\"%s\" holds %s as \"%s\", and the graph has %s; it was made for another graph",
                file,
                describe(name),
                name,
                wanted));
      }
    }

    /** Reads an array into one that is there, of the same type and shape. */
    void readInto(String name, INDArray target) {
      requireFits(name, target);
      Entry e = entries.get(name);
      if (e.bytes() > 0) {
        target.assign(read(e));
      }
    }

    private INDArray read(Entry e) {
      INDArray array =
          e.shape().length == 0
              ? Nd4j.scalar(e.type(), 0)
              : Nd4j.createUninitialized(e.type(), e.shape(), e.order());
      try {
        fill(array.data().asNio().slice(0, e.bytes()), e.at());
      } catch (IOException io) {
        throw unreadable(file, io);
      }
      return array;
    }

    /** Reads a list of numbers. */
    double[] numbers(String name) {
      Entry e = entries.get(name);
      if (e == null || e.type() != DataType.DOUBLE || e.shape().length != 1) {
        throw bad("\"" + name + "\" is " + describe(name) + " and should be a list of numbers");
      }
      double[] numbers = new double[(int) e.shape()[0]];
      try {
        bytes(e.at(), e.bytes()).order(ByteOrder.nativeOrder()).asDoubleBuffer().get(numbers);
      } catch (IOException io) {
        throw unreadable(file, io);
      }
      return numbers;
    }

    private PruningException bad(String what) {
      return new PruningException(
          Code.BAD_FILE,
          "\"" + file + "\" is no file of arrays of this library, or a damaged one: " + what);
    }

    @Override
    public void close() {
      try {
        channel.close();
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
  }

  /**
   * Opens a file after reading all of it once for its digest.
   *
   * @throws PruningException IO, BAD_FILE, DIGEST_MISMATCH
   */
  static Reader open(Path file) {
    List<FileChannel> opened = new ArrayList<>();
    boolean ok = false;
    try {
      opened.add(FileOps.REAL.open(file));
      Reader reader = new Reader(file, opened.get(0));
      ok = true;
      return reader;
    } catch (IOException e) {
      throw unreadable(file, e);
    } finally {
      if (!ok) {
        for (FileChannel channel : opened) {
          try {
            channel.close();
          } catch (IOException e) {
            // what failed before is told
          }
        }
      }
    }
  }

  private static PruningException unreadable(Path file, IOException e) {
    return new PruningException(Code.IO, "cannot read \"" + file + "\": " + e, e);
  }
}
