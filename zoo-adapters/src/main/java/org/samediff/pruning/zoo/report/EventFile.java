package org.samediff.pruning.zoo.report;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.nd4j.shade.protobuf.CodedOutputStream;
import org.tensorflow.framework.HistogramProto;
import org.tensorflow.framework.Summary;

/**
 * A file of TensorFlow's Event messages, each framed as a TFRecord: length, its checksum, the
 * message, its checksum. ND4J brings the classes of Summary, but not of Event, which has four
 * fields here.
 */
final class EventFile implements Closeable {
  /** Fields of Event, from TensorFlow's event.proto. */
  private static final int WALL_TIME = 1;

  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;

  private static final int BUCKETS = 30;

  private final OutputStream out;

  private EventFile(OutputStream out) {
    this.out = out;
  }

  /** A new file; its name is one that TensorBoard looks for and that no other run has. */
  static EventFile in(Path directory) throws IOException {
    Files.createDirectories(directory);
    String name =
        String.format(
            Locale.ROOT,
            "events.out.tfevents.%010d.%s",
            System.currentTimeMillis() / 1000,
            UUID.randomUUID());
    EventFile file =
        new EventFile(
            new BufferedOutputStream(
                Files.newOutputStream(directory.resolve(name), StandardOpenOption.CREATE_NEW)));
    file.event(0, event -> event.writeString(FILE_VERSION, "brain.Event:2"));
    return file;
  }

  /** Writes one field of an Event. */
  private interface Content {
    void to(CodedOutputStream event) throws IOException;
  }

  private void event(long step, Content content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream event = CodedOutputStream.newInstance(bytes);
    event.writeDouble(WALL_TIME, System.currentTimeMillis() / 1000.0);
    event.writeInt64(STEP, step);
    content.to(event);
    event.flush();
    out.write(record(bytes.toByteArray()));
  }

  void scalar(String tag, long step, double value) throws IOException {
    add(step, Summary.Value.newBuilder().setTag(tag).setSimpleValue((float) value));
  }

  void histogram(String tag, long step, double[] values) throws IOException {
    add(step, Summary.Value.newBuilder().setTag(tag).setHisto(histogram(values)));
  }

  private void add(long step, Summary.Value.Builder value) throws IOException {
    event(step, e -> e.writeMessage(SUMMARY, Summary.newBuilder().addValue(value).build()));
  }

  /** Equal buckets from the lowest to the highest value; a limit is inclusive. */
  static HistogramProto histogram(double[] values) {
    HistogramProto.Builder histogram = HistogramProto.newBuilder();
    if (values.length == 0) {
      return histogram.build();
    }
    double low = Arrays.stream(values).min().orElseThrow();
    double high = Arrays.stream(values).max().orElseThrow();
    int buckets = high > low ? BUCKETS : 1;
    double[] counts = new double[buckets];
    for (double v : values) {
      counts[Math.max(0, (int) Math.ceil(buckets * place(v, low, high)) - 1)]++;
    }
    for (int i = 0; i < buckets; i++) {
      histogram.addBucketLimit(i == buckets - 1 ? high : low + (high - low) * (i + 1) / buckets);
      histogram.addBucket(counts[i]);
    }
    return histogram
        .setMin(low)
        .setMax(high)
        .setNum(values.length)
        .setSum(Arrays.stream(values).sum())
        .setSumSquares(Arrays.stream(values).map(v -> v * v).sum())
        .build();
  }

  private static double place(double value, double low, double high) {
    return high > low ? (value - low) / (high - low) : 1;
  }

  private static byte[] record(byte[] message) {
    ByteBuffer record = ByteBuffer.allocate(16 + message.length).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(message.length);
    record.putInt(maskedChecksum(record.array(), Long.BYTES));
    record.put(message);
    record.putInt(maskedChecksum(message, message.length));
    return record.array();
  }

  /** CRC-32C, rotated and shifted as TFRecord asks for. */
  static int maskedChecksum(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  void flush() throws IOException {
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
