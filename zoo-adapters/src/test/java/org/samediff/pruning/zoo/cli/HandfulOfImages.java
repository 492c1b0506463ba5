package org.samediff.pruning.zoo.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.LabelledImages;

/** The first of the bundled images in a folder that {@code --data} takes. */
final class HandfulOfImages {
  private HandfulOfImages() {}

  static void write(Path folder, int train, int test) throws IOException {
    FashionMnist all = FashionMnist.bundled();
    write(folder, "train", all.train(), train);
    write(folder, "t10k", all.test(), test);
  }

  private static void write(Path folder, String prefix, LabelledImages images, int count)
      throws IOException {
    int size = images.rows() * images.columns();
    ByteBuffer pixels = ByteBuffer.allocate(16 + count * size);
    pixels.putInt(0x803).putInt(count).putInt(images.rows()).putInt(images.columns());
    pixels.put(images.pixels(), 0, count * size);
    Files.write(folder.resolve(prefix + "-images-idx3-ubyte"), pixels.array());
    ByteBuffer labels = ByteBuffer.allocate(8 + count);
    labels.putInt(0x801).putInt(count).put(images.labels(), 0, count);
    Files.write(folder.resolve(prefix + "-labels-idx1-ubyte"), labels.array());
  }
}
