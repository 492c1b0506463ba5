package org.samediff.pruning.model;

import java.io.Closeable;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
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
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/** A file that was found whole, open for reading. Not thread safe. */
final class ArrayReader implements Closeable {
  private static final int LARGEST_HEADER = 256 << 20;

  private record Entry(DataType type, char order, long[] shape, long at, int bytes) {}

  private final Path file;
  private final FileChannel channel;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final JsonNode header;

  private ArrayReader(Path file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    long size = channel.size();
    long content = size - Sha256.LENGTH;
    int start = ArrayFile.MAGIC.length + 4;
    ByteBuffer head = bytes(0, (int) Math.min(start, size));
    if (content < start
        || !Arrays.equals(Arrays.copyOf(head.array(), ArrayFile.MAGIC.length), ArrayFile.MAGIC)) {
      throw bad("it does not begin as one, or ends at once");
    }
    int headerBytes = head.getInt(ArrayFile.MAGIC.length);
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
    } finally {
      Reference.reachabilityFence(array);
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

  /**
   * Opens a file after reading all of it once for its digest.
   *
   * @throws PruningException IO, BAD_FILE, DIGEST_MISMATCH
   */
  static ArrayReader open(Path file) {
    List<FileChannel> opened = new ArrayList<>();
    boolean ok = false;
    try {
      opened.add(FileOps.REAL.open(file));
      ArrayReader reader = new ArrayReader(file, opened.get(0));
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
