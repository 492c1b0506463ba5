package org.samediff.pruning.zoo.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionMnistTest {
  private static final String IMAGES = "train-images-idx3-ubyte";
  private static final String LABELS = "train-labels-idx1-ubyte";

  @TempDir Path folder;

  @BeforeEach
  void writeFourGoodFiles() throws IOException {
    for (String prefix : new String[] {"train", "t10k"}) {
      write(
          prefix + "-images-idx3-ubyte",
          idx(0x803, new int[] {2, 2, 3}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255));
      write(prefix + "-labels-idx1-ubyte", idx(0x801, new int[] {2}, 9, 0));
    }
  }

  @Test
  void bundledSubsetIsStratified() throws IOException {
    FashionMnist data = FashionMnist.bundled();

    assertThat(data.train().count()).isEqualTo(8000);
    assertThat(data.test().count()).isEqualTo(2000);
    assertThat(data.train().rows()).isEqualTo(28);
    assertThat(data.train().columns()).isEqualTo(28);
    int[] perClass = new int[10];
    for (byte label : data.train().labels()) {
      perClass[label]++;
    }
    assertThat(perClass).containsOnly(800);
  }

  @Test
  void readsPlainFiles() throws IOException {
    LabelledImages train = FashionMnist.read(folder).train();

    assertThat(train.count()).isEqualTo(2);
    assertThat(train.rows()).isEqualTo(2);
    assertThat(train.columns()).isEqualTo(3);
    assertThat(train.labels()).containsExactly(9, 0);
    assertThat(train.pixels()).hasSize(12).endsWith(0xff);
  }

  @Test
  void readsGzippedFiles() throws IOException {
    byte[] plain = Files.readAllBytes(folder.resolve(IMAGES));
    Files.delete(folder.resolve(IMAGES));
    write(IMAGES + ".gz", gzip(plain));

    assertThat(FashionMnist.read(folder).train().pixels()).hasSize(12);
  }

  @Test
  void missingFileIsNamed() throws IOException {
    Files.delete(folder.resolve("t10k-labels-idx1-ubyte"));

    assertThatThrownBy(() -> FashionMnist.read(folder))
        .isInstanceOf(FileNotFoundException.class)
        .hasMessageContaining(folder.resolve("t10k-labels-idx1-ubyte").toString());
  }

  @Test
  void wrongMagicIsRefusedWithBothNumbers() throws IOException {
    write(IMAGES, idx(0x801, new int[] {2}, 9, 0));

    assertRefused(IMAGES, "0x00000801", "0x00000803");
  }

  @Test
  void missingAndSurplusElementsAreRefused() throws IOException {
    write(LABELS, idx(0x801, new int[] {2}, 9));
    assertRefused(LABELS, "2 bytes", "holds 1");

    write(LABELS, idx(0x801, new int[] {2}, 9, 0, 0));
    assertRefused(LABELS, "2 bytes", "holds more");
  }

  @Test
  void absurdSizesAreRefusedBeforeMemoryIsAskedFor() throws IOException {
    write(IMAGES, idx(0x803, new int[] {Integer.MAX_VALUE, Integer.MAX_VALUE, 3}));
    assertRefused(IMAGES, "2147483647");

    write(IMAGES, idx(0x803, new int[] {-1, 2, 3}));
    assertRefused(IMAGES, "-1");
  }

  @Test
  void emptyFileAndTruncatedHeaderAreRefused() throws IOException {
    write(LABELS, new byte[0]);
    assertRefused(LABELS, "header");

    write(LABELS, new byte[] {0, 0, 8, 1, 0});
    assertRefused(LABELS, "header");
  }

  @Test
  void truncatedGzipIsRefused() throws IOException {
    byte[] packed = gzip(Files.readAllBytes(folder.resolve(LABELS)));
    write(LABELS, Arrays.copyOf(packed, packed.length - 9));

    assertRefused(LABELS, "damaged");
  }

  @Test
  void labelsThatDoNotFitTheImagesAreRefused() throws IOException {
    write(LABELS, idx(0x801, new int[] {3}, 9, 0, 1));
    assertRefused(LABELS, "3 labels", "there are 12");

    write(LABELS, idx(0x801, new int[] {2}, 9, 10));
    assertRefused(LABELS, "label 10 of image 1", "0 .. 9");
  }

  private void assertRefused(String file, String... words) {
    assertThatThrownBy(() -> FashionMnist.read(folder))
        .isInstanceOf(IdxFormatException.class)
        .hasMessageContaining(folder.resolve(file).toString())
        .hasMessageContainingAll(words)
        .hasMessageContaining("fetch");
  }

  private void write(String name, byte[] bytes) throws IOException {
    Files.write(folder.resolve(name), bytes);
  }

  private static byte[] idx(int magic, int[] shape, int... elements) {
    ByteBuffer buffer = ByteBuffer.allocate(4 + 4 * shape.length + elements.length).putInt(magic);
    Arrays.stream(shape).forEach(buffer::putInt);
    Arrays.stream(elements).forEach(e -> buffer.put((byte) e));
    return buffer.array();
  }

  private static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(plain);
    }
    return packed.toByteArray();
  }
}
