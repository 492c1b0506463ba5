package org.samediff.pruning.zoo.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads event files by the published formats alone, with nothing of what writes them. */
public final class EventFiles {
  /** A tag's number at a step; {@code buckets} is empty for a scalar. */
  public record Value(
      long step, String tag, double number, List<Double> limits, List<Double> buckets) {}

  final List<Value> values = new ArrayList<>();
  String version = "";

  /** What the one event file of a folder holds. */
  public static List<Value> values(Path directory) throws IOException {
    return only(directory).values;
  }

  static EventFiles only(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      assertThat(all.get(0).getFileName().toString()).startsWith("events.out.tfevents.");
      EventFiles reader = new EventFiles();
      reader.records(
          ByteBuffer.wrap(Files.readAllBytes(all.get(0))).order(ByteOrder.LITTLE_ENDIAN));
      return reader;
    }
  }

  private void records(ByteBuffer file) {
    while (file.hasRemaining()) {
      byte[] length = new byte[8];
      file.get(length);
      assertThat(file.getInt()).as("checksum of a length").isEqualTo(checksum(length));
      byte[] event =
          new byte
              [Math.toIntExact(ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong())];
      file.get(event);
      assertThat(file.getInt()).as("checksum of an event").isEqualTo(checksum(event));
      event(message(event));
    }
  }

  /** CRC-32C bit by bit: polynomial 0x1EDC6F41 reflected, then TFRecord's mask. */
  static int checksum(byte[] bytes) {
    int crc = -1;
    for (byte b : bytes) {
      crc ^= b & 0xff;
      for (int i = 0; i < 8; i++) {
        crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0x82f63b78);
      }
    }
    crc = ~crc;
    return ((crc >>> 15) | (crc << 17)) + 0xa282ead8;
  }

  private void event(ByteBuffer in) {
    long step = 0;
    while (in.hasRemaining()) {
      int key = (int) varint(in);
      switch (key) {
        case 1 << 3 | 1 -> assertThat(in.getDouble()).as("wall time").isGreaterThan(1.6e9);
        case 2 << 3 -> step = varint(in);
        case 3 << 3 | 2 -> version = text(in);
        case 5 << 3 | 2 -> summary(part(in), step);
        default -> throw new AssertionError("key " + key + " in an event");
      }
    }
  }

  private void summary(ByteBuffer in, long step) {
    while (in.hasRemaining()) {
      assertThat(varint(in)).isEqualTo(1 << 3 | 2);
      ByteBuffer value = part(in);
      String tag = "";
      double number = Double.NaN;
      List<Double> limits = List.of();
      List<Double> buckets = List.of();
      while (value.hasRemaining()) {
        int key = (int) varint(value);
        switch (key) {
          case 1 << 3 | 2 -> tag = text(value);
          case 2 << 3 | 5 -> number = value.getFloat();
          case 5 << 3 | 2 -> {
            ByteBuffer histogram = part(value);
            while (histogram.hasRemaining()) {
              int field = (int) varint(histogram);
              if (field == (6 << 3 | 2)) {
                limits = doubles(part(histogram));
              } else if (field == (7 << 3 | 2)) {
                buckets = doubles(part(histogram));
              } else {
                assertThat(field & 7).as("min, max, num, sum, squares").isEqualTo(1);
                histogram.getDouble();
              }
            }
          }
          default -> throw new AssertionError("key " + key + " in a value");
        }
      }
      values.add(new Value(step, tag, number, limits, buckets));
    }
  }

  private static ByteBuffer message(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static ByteBuffer part(ByteBuffer in) {
    byte[] bytes = new byte[(int) varint(in)];
    in.get(bytes);
    return message(bytes);
  }

  private static String text(ByteBuffer in) {
    return StandardCharsets.UTF_8.decode(part(in)).toString();
  }

  private static List<Double> doubles(ByteBuffer in) {
    List<Double> numbers = new ArrayList<>();
    while (in.hasRemaining()) {
      numbers.add(in.getDouble());
    }
    return numbers;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }
}
