package org.samediff.pruning.zoo.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.zoo.data.FashionMnist;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** {@code --data}: which images to use. */
final class DataOption {
  @Spec(Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder with the four IDX files of Fashion-MNIST, gzipped or not;"
              + " without it the bundled 8,000 + 2,000 images.")
  private @Nullable Path folder;

  FashionMnist load() {
    try {
      if (folder == null) {
        return FashionMnist.bundled();
      }
      if (!Files.isDirectory(folder)) {
        throw new ParameterException(
            spec.commandLine(), "--data: " + folder + " is no folder; it must hold the IDX files");
      }
      return FashionMnist.read(folder);
    } catch (IOException e) {
      throw new ParameterException(spec.commandLine(), "--data: " + e.getMessage(), e);
    }
  }
}
