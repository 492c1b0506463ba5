package org.samediff.pruning.zoo.modelfile;

import java.io.IOException;
import java.nio.file.Path;
import java.util.zip.ZipException;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/**
 * Reads the zip files that DL4J's {@code ModelSerializer} writes, without Java deserialisation: of
 * the entries only {@code configuration.json}, {@code coefficients.bin} and on request {@code
 * updaterState.bin} are read; preprocessors, normalizers and other stored objects never are.
 *
 * <p>Files since version 0.9 are read as DL4J reads them: data type from the weights, variances
 * where older batch norm stores them. Nothing in the file is trusted: entries, sizes, compression,
 * class names and array headers are checked before they are acted on. Thread safe.
 */
public final class ModelZip {
  private ModelZip() {}

  /** {@link #read(Path, ZipLimits, boolean)} with default limits, without updater state. */
  public static Model read(Path file) {
    return read(file, ZipLimits.defaults(), false);
  }

  /**
   * Reads a network.
   *
   * @param updaterState whether the state of the updater (momentum) is read, too, if there is one
   * @return a {@link ComputationGraph} or a {@link MultiLayerNetwork}, initialised
   * @throws ModelFileException NOT_FOUND, DAMAGED, BAD_ENTRY, MISSING_ENTRY, TOO_LARGE,
   *     FORBIDDEN_CLASS, BAD_CONFIGURATION or BAD_ARRAY
   */
  public static Model read(Path file, ZipLimits limits, boolean updaterState) {
    try (ModelArchive archive = ModelArchive.open(file, limits)) {
      NetworkSetup setup = NetworkSetup.of(configuration(archive, file, limits), file.toString());
      long count = setup.parameterCount(limits.parameters());
      Model network =
          count == 0
              ? setup.network()
              : setup.network(vector(archive, file, ModelSerializer.COEFFICIENTS_BIN, count));
      if (updaterState && archive.has(ModelSerializer.UPDATER_BIN)) {
        long states = UpdaterState.length(network);
        UpdaterState.set(network, vector(archive, file, ModelSerializer.UPDATER_BIN, states));
      }
      return network;
    } catch (ZipException e) {
      throw new ModelFileException(
          Code.DAMAGED, "\"" + file + "\" is damaged (" + e.getMessage() + "); fetch it again", e);
    } catch (IOException e) {
      throw new ModelFileException(
          Code.DAMAGED, "\"" + file + "\" cannot be read: " + e.getMessage(), e);
    }
  }

  private static ConfigurationText configuration(ModelArchive archive, Path file, ZipLimits limits)
      throws IOException {
    archive.declaredSize(ModelSerializer.CONFIGURATION_JSON);
    String source = entry(file, ModelSerializer.CONFIGURATION_JSON);
    return archive.read(
        ModelSerializer.CONFIGURATION_JSON,
        in -> ConfigurationText.read(in, limits.configurationBytes(), source));
  }

  private static INDArray vector(ModelArchive archive, Path file, String name, long count)
      throws IOException {
    long size = archive.declaredSize(name);
    if (size / Short.BYTES < count) {
      throw new ModelFileException(
          Code.BAD_ARRAY,
          String.format(
              "%s has %d bytes, too few for the %d numbers that the configuration needs;"
                  + " configuration and weights are not of one network",
              entry(file, name), size, count));
    }
    return archive.read(name, in -> StoredVector.read(in, count, entry(file, name)));
  }

  private static String entry(Path file, String name) {
    return "\"" + file + "\", entry \"" + name + "\",";
  }
}
