package org.samediff.pruning.zoo.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.framework.HistogramProto;

class EventFileTest {
  @TempDir Path folder;

  /** CRC-32C check values of RFC 3720 (B.4) and of the Rocksoft catalogue, masked. */
  @Test
  void checksumsAreTheStandards() {
    byte[] ones = new byte[32];
    Arrays.fill(ones, (byte) 0xff);
    assertMasked(0x8a9136aa, new byte[32]);
    assertMasked(0x62a8ab43, ones);
    assertMasked(0xe3069283, "123456789".getBytes(StandardCharsets.US_ASCII));
  }

  private static void assertMasked(int crc, byte[] bytes) {
    int masked = (int) ((((crc & 0xffffffffL) >> 15 | (long) crc << 17) + 0xa282ead8L));
    assertThat(EventFile.maskedChecksum(bytes, bytes.length)).isEqualTo(masked);
    assertThat(EventFiles.checksum(bytes)).isEqualTo(masked);
  }

  @Test
  void whatIsWrittenIsReadByTheFormatsAlone() throws IOException {
    try (EventFile file = EventFile.in(folder)) {
      file.scalar("loss", 1, 0.5);
      file.scalar("a </b> \u00e9", 300_000_000_000L, -2.25);
      file.histogram("scores/x", 7, new double[] {0, 1, 1, 4});
    }
    EventFiles read = EventFiles.only(folder);

    assertThat(read.version).isEqualTo("brain.Event:2");
    assertThat(read.values).hasSize(3);
    assertThat(read.values.get(0))
        .isEqualTo(new EventFiles.Value(1, "loss", 0.5, List.of(), List.of()));
    assertThat(read.values.get(1).step()).isEqualTo(300_000_000_000L);
    assertThat(read.values.get(1).tag()).isEqualTo("a </b> \u00e9");
    assertThat(read.values.get(1).number()).isEqualTo(-2.25);
    EventFiles.Value histogram = read.values.get(2);
    assertThat(histogram.limits()).hasSize(30).isSorted().endsWith(4.0);
    assertThat(histogram.buckets().get(0)).isEqualTo(1);
    // 1 lies at 7.5 of 30 buckets
    assertThat(histogram.buckets().get(7)).isEqualTo(2);
    assertThat(histogram.buckets().get(29)).isEqualTo(1);
  }

  @Test
  void histogramsOfNothingAndOfOneValue() {
    assertThat(EventFile.histogram(new double[0]).getBucketCount()).isZero();
    HistogramProto same = EventFile.histogram(new double[] {2, 2, 2});
    assertThat(same.getBucketList()).containsExactly(3.0);
    assertThat(same.getBucketLimitList()).containsExactly(2.0);
    assertThat(same.getSumSquares()).isEqualTo(12);
  }
}
