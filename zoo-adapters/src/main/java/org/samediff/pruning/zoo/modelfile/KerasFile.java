package org.samediff.pruning.zoo.modelfile;

import com.google.common.base.Throwables;
import java.nio.file.Path;
import java.util.Optional;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.modelimport.keras.KerasModelImport;
import org.deeplearning4j.nn.modelimport.keras.exceptions.InvalidKerasConfigurationException;
import org.deeplearning4j.nn.modelimport.keras.exceptions.UnsupportedKerasConfigurationException;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/** Reads Keras 2 files with DL4J's importer, which is an optional dependency. */
final class KerasFile {
  private KerasFile() {}

  /**
   * @throws ModelFileException MISSING_LIBRARY, NOT_IMPORTABLE or DAMAGED
   */
  static Model read(Path file) {
    try {
      return Importer.read(file);
    } catch (NoClassDefFoundError | UnsatisfiedLinkError e) {
      throw new ModelFileException(
          Code.MISSING_LIBRARY,
          "\"" + file + "\" is a Keras file; put"
              + " org.deeplearning4j:deeplearning4j-modelimport:1.0.0-M2.1 and the natives of"
              + " org.bytedeco:hdf5:1.12.1-1.5.7 on the class path (" + e.getMessage() + ")",
          e);
    }
  }

  /** Loaded only where the library is there. */
  private static final class Importer {
    static Model read(Path file) {
      try {
        return KerasModelImport.importKerasModelAndWeights(file.toString(), false);
      } catch (UnsupportedKerasConfigurationException e) {
        throw refused(file, e);
      } catch (InvalidKerasConfigurationException e) {
        return sequential(file).orElseThrow(() -> refused(file, e));
      } catch (java.io.IOException | RuntimeException e) {
        throw new ModelFileException(
            Code.DAMAGED, "\"" + file + "\" cannot be read: " + reason(e), e);
      }
    }

    private static Optional<Model> sequential(Path file) {
      try {
        return Optional.of(
            KerasModelImport.importKerasSequentialModelAndWeights(file.toString(), false));
      } catch (InvalidKerasConfigurationException e) {
        return Optional.empty();
      } catch (UnsupportedKerasConfigurationException e) {
        throw refused(file, e);
      } catch (java.io.IOException | RuntimeException e) {
        throw new ModelFileException(
            Code.DAMAGED, "\"" + file + "\" cannot be read: " + reason(e), e);
      }
    }

    private static ModelFileException refused(Path file, Exception e) {
      return new ModelFileException(
          Code.NOT_IMPORTABLE,
          "\"" + file + "\": Deeplearning4j's Keras import refuses it: " + reason(e),
          e);
    }

    private static String reason(Exception e) {
      return String.valueOf(Throwables.getRootCause(e).getMessage());
    }
  }
}
