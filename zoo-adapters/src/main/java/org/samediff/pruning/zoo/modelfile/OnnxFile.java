package org.samediff.pruning.zoo.modelfile;

import java.nio.file.Path;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/** ONNX. */
final class OnnxFile {
  private OnnxFile() {}

  static ConvertedNetwork read(Path file) {
    throw new ModelFileException(Code.NOT_IMPORTABLE, "\"" + file + "\"");
  }
}
