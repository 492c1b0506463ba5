package org.samediff.pruning.zoo.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Checks of option values; each refuses with a {@link ParameterException}, exit code 2. */
final class Options {
  private Options() {}

  static void checkRatio(CommandSpec spec, String option, double ratio) {
    if (!(ratio >= 0 && ratio < 1)) {
      throw new ParameterException(
          spec.commandLine(),
          option + ": the share to remove must be at least 0 and below 1, got " + ratio);
    }
  }

  static void checkAtLeastOne(CommandSpec spec, String option, @Nullable Integer value) {
    if (value != null && value < 1) {
      throw new ParameterException(
          spec.commandLine(), option + ": must be at least 1, got " + value);
    }
  }

  /** A file beside the one, its name's stem longer by the suffix. */
  static Path withSuffix(Path file, String suffix) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.') < 0 ? name.length() : name.lastIndexOf('.');
    return file.resolveSibling(name.substring(0, dot) + suffix + name.substring(dot));
  }

  /** That there is a file to read. */
  static void checkReadable(CommandSpec spec, Path file) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new ParameterException(
          spec.commandLine(),
          file + " is no readable file; name one that SameDiff.save has written");
    }
  }

  /** That a file can be written, before minutes are spent on what it will hold. */
  static void checkWritable(CommandSpec spec, String option, Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (Files.isSymbolicLink(file)) {
      throw new ParameterException(
          spec.commandLine(),
          option + ": " + file + " is a link, which saving would replace; name the file itself");
    }
    if (Files.isDirectory(file)) {
      throw new ParameterException(
          spec.commandLine(), option + ": " + file + " is a folder; name a file");
    }
    if (folder == null || !Files.isDirectory(folder)) {
      throw new ParameterException(
          spec.commandLine(), option + ": the folder of " + file + " does not exist; create it");
    }
    if (!Files.isWritable(Files.exists(file) ? file : folder)) {
      throw new ParameterException(
          spec.commandLine(), option + ": " + file + " cannot be written; choose another place");
    }
  }
}
