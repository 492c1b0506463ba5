package org.samediff.pruning.zoo.modelfile;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.dl4j.Dl4jConverter;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/**
 * One way in for network files, told apart by what they hold: zip files of {@code ModelSerializer},
 * and otherwise SameDiff's own FlatBuffers. Keras (HDF5) and ONNX files (by the ending {@code
 * .onnx}) are recognised and refused: docs/zoo.md says what Deeplearning4j 1.0.0-M2.1 makes of
 * them. Thread safe.
 *
 * <p>Both are read as untrusted input: zip files by {@link ModelZip}, SameDiff's by {@link
 * org.samediff.pruning.model.ModelFiles#load}.
 */
public final class NetworkFiles {
  private static final byte[] ZIP = {'P', 'K', 3, 4};
  private static final byte[] HDF5 = {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

  /** What a file holds. */
  enum Kind {
    ZIP,
    KERAS,
    ONNX,
    SAMEDIFF
  }

  private NetworkFiles() {}

  /**
   * Loads a network as a SameDiff graph.
   *
   * @param options of the conversion; only for files that hold a DL4J network
   * @throws ModelFileException if the file cannot be read, see its codes
   * @throws org.samediff.pruning.zoo.dl4j.UnsupportedNetworkException for a layer without a
   *     counterpart
   * @throws org.samediff.pruning.error.PruningException BAD_OPTION for an input shape that is
   *     missing or does not fit
   */
  public static ConvertedNetwork load(Path file, ConversionOptions options) {
    return switch (kind(file)) {
      case ZIP -> convert(ModelZip.read(file), options);
      case KERAS -> throw keras(file);
      case ONNX -> throw onnx(file);
      case SAMEDIFF -> SameDiffFile.read(file);
    };
  }

  /** Whether the file holds a DL4J network, which {@link ModelZip} reads. */
  public static boolean holdsModel(Path file) {
    return kind(file) == Kind.ZIP;
  }

  private static ModelFileException keras(Path file) {
    return new ModelFileException(
        Code.NOT_IMPORTABLE,
        "\""
            + file
            + "\" is a Keras file. Deeplearning4j 1.0.0-M2.1 imports channels_first networks with"
            + " wrong outputs, and channels_last ones as NHWC, which SameDiff cannot train; rebuild"
            + " the network in NCHW and copy its weights");
  }

  private static ModelFileException onnx(Path file) {
    return new ModelFileException(
        Code.NOT_IMPORTABLE,
        "\""
            + file
            + "\" is an ONNX file. samediff-import-onnx 1.0.0-M2.1 imports convolutions with wrong"
            + " outputs, and weights as constants, which cannot be trained; rebuild the network and"
            + " copy its weights");
  }

  /** Converts either kind of network. */
  public static ConvertedNetwork convert(Model network, ConversionOptions options) {
    if (network instanceof ComputationGraph graph) {
      return Dl4jConverter.convert(graph, options);
    }
    if (network instanceof MultiLayerNetwork layers) {
      return Dl4jConverter.convert(layers, options);
    }
    throw new ModelFileException(
        Code.UNKNOWN_FORMAT,
        network.getClass().getName()
            + " is neither a ComputationGraph nor a MultiLayerNetwork; there is no conversion");
  }

  static Kind kind(Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new ModelFileException(
          Code.NOT_FOUND, "\"" + file + "\" is no readable file; check the path");
    }
    byte[] start;
    try (InputStream in = Files.newInputStream(file)) {
      start = in.readNBytes(HDF5.length);
    } catch (IOException e) {
      throw new ModelFileException(
          Code.NOT_FOUND, "\"" + file + "\" cannot be read: " + e.getMessage(), e);
    }
    if (Arrays.equals(Arrays.copyOf(start, ZIP.length), ZIP)) {
      return Kind.ZIP;
    }
    if (Arrays.equals(start, HDF5)) {
      return Kind.KERAS;
    }
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".zip") || name.endsWith(".h5") || name.endsWith(".keras")) {
      throw new ModelFileException(
          Code.DAMAGED,
          "\"" + file + "\" does not begin as its name says; it is damaged or of another kind");
    }
    return name.endsWith(".onnx") ? Kind.ONNX : Kind.SAMEDIFF;
  }
}
