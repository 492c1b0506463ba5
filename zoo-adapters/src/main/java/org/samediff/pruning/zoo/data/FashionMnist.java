package org.samediff.pruning.zoo.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Fashion-MNIST: 28x28 grey images of ten kinds of clothing.
 *
 * <p>Copyright (c) 2017 Zalando SE, MIT licence. Xiao, Rasul, Vollgraf: Fashion-MNIST, 2017.
 *
 * @param train images to train on
 * @param test images to measure accuracy on
 */
public record FashionMnist(LabelledImages train, LabelledImages test) {
  private static final int CLASSES = 10;

  /** Where the files of one set come from. */
  private interface Source {
    /** Opens the file {@code name}, gzipped or not. */
    InputStream open(String name) throws IOException;

    /** How messages call the file. */
    String describe(String name);
  }

  /** The stratified subset in this module's resources: 8,000 training and 2,000 test images. */
  public static FashionMnist bundled() throws IOException {
    return read(
        new Source() {
          @Override
          public InputStream open(String name) throws IOException {
            InputStream in = FashionMnist.class.getResourceAsStream(describe(name));
            if (in == null) {
              throw new FileNotFoundException(describe(name) + " is missing from the class path");
            }
            return in;
          }

          @Override
          public String describe(String name) {
            return "/fashion-mnist/" + name + ".gz";
          }
        });
  }

  /**
   * Reads {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte} and the two {@code t10k}
   * files from a folder, each with or without {@code .gz}.
   *
   * @throws FileNotFoundException if one is missing
   * @throws IdxFormatException if one is damaged, or images and labels do not fit
   */
  public static FashionMnist read(Path folder) throws IOException {
    return read(
        new Source() {
          @Override
          public InputStream open(String name) throws IOException {
            for (String suffix : new String[] {"", ".gz"}) {
              Path file = folder.resolve(name + suffix);
              if (Files.isRegularFile(file)) {
                return Files.newInputStream(file);
              }
            }
            throw new FileNotFoundException(
                describe(name)
                    + "[.gz] does not exist; the four IDX files must lie in this folder");
          }

          @Override
          public String describe(String name) {
            return folder.resolve(name).toString();
          }
        });
  }

  private static FashionMnist read(Source source) throws IOException {
    return new FashionMnist(read(source, "train"), read(source, "t10k"));
  }

  private static LabelledImages read(Source source, String prefix) throws IOException {
    String imageFile = prefix + "-images-idx3-ubyte";
    String labelFile = prefix + "-labels-idx1-ubyte";
    IdxArray images = read(source, imageFile, 3);
    IdxArray labels = read(source, labelFile, 1);
    try {
      return new LabelledImages(
          images.elements(), labels.elements(), images.size(1), images.size(2), CLASSES);
    } catch (IllegalArgumentException e) {
      throw new IdxFormatException(
          String.format(
              "%s and %s do not fit each other: %s; fetch both again",
              source.describe(imageFile), source.describe(labelFile), e.getMessage()),
          e);
    }
  }

  private static IdxArray read(Source source, String name, int rank) throws IOException {
    try (InputStream in = source.open(name)) {
      return IdxArray.read(in, source.describe(name), rank);
    }
  }
}
