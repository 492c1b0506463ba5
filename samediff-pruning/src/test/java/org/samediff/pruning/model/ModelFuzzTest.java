package org.samediff.pruning.model;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import org.samediff.pruning.error.PruningException;

/**
 * What stands before SameDiff's own reader, on any bytes: it refuses with its one exception or lets
 * pass, and nothing native has seen them. The ordinary build runs the inputs under {@code
 * ModelFuzzTestInputs}; {@code JAZZER_FUZZ=1} goes on from them.
 */
class ModelFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void structureAndMeaning(byte[] file) {
    try {
      ModelFiles.require(ByteBuffer.wrap(file), LoadOptions.DEFAULT);
    } catch (PruningException refused) {
      // as it should be
    }
  }

  @FuzzTest(maxDuration = "2m")
  void manifest(byte[] file) {
    try {
      Manifest.read(file);
    } catch (PruningException refused) {
      // as it should be
    }
  }
}
