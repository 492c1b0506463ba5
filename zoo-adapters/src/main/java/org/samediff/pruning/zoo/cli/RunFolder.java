package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.zoo.run.Figures;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * What a run leaves to be resumed from: its checkpoints, the command that began it ({@code
 * run.json}), and, if it trains densely first, the checkpoints of that ({@code dense/}) and the
 * weights that came of it ({@code dense.fb}). A run of several networks has a folder for each
 * within, and in those that are done {@code figures.json}.
 */
record RunFolder(Path directory) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LARGEST = 1 << 20;

  /** The folder of the run that writes this file. */
  static RunFolder beside(Path file) {
    return new RunFolder(file.resolveSibling(file.getFileName() + ".run"));
  }

  /**
   * Of a run that has several networks, the folder of one.
   *
   * @param network lower-case name
   */
  RunFolder of(String network) {
    return new RunFolder(directory.resolve(network));
  }

  /**
   * Refuses to begin where a run was begun before.
   *
   * @param otherwise what else the user may do
   */
  void requireNew(CommandSpec spec, String otherwise) {
    if (Files.exists(command())) {
      throw new ParameterException(
          spec.commandLine(),
          directory
              + " holds a run that was begun before: go on with it by resume, remove it, or "
              + otherwise);
    }
  }

  private Path figures() {
    return directory.resolve("figures.json");
  }

  /** Keeps what was measured of a network that is done. */
  void keepFigures(Figures figures) throws IOException {
    Files.createDirectories(directory);
    ModelFiles.write(figures(), JSON.writeValueAsBytes(figures));
  }

  /** What was measured of this network, if it is done. */
  Optional<Figures> storedFigures() {
    if (!Files.exists(figures())) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.treeToValue(read(figures()), Figures.class));
    } catch (JsonProcessingException e) {
      throw damaged(figures(), e.getOriginalMessage());
    }
  }

  private Path command() {
    return directory.resolve("run.json");
  }

  private Path dense() {
    return directory.resolve("dense.fb");
  }

  /** Where checkpoints of the dense training lie. */
  Path denseRun() {
    return directory.resolve("dense");
  }

  /** Writes the command that begins the run, unless it is there. */
  void begin(CommandSpec spec) throws IOException {
    if (Files.exists(command())) {
      return;
    }
    Files.createDirectories(directory);
    ObjectNode root = JSON.createObjectNode();
    root.put("version", 1);
    root.put("directory", workingDirectory());
    List<String> arguments = spec.commandLine().getParseResult().originalArgs();
    arguments.forEach(root.putArray("arguments")::add);
    ModelFiles.write(command(), root.toPrettyString().getBytes(StandardCharsets.UTF_8));
  }

  /** Keeps the weights that the pruning begins with, unless they are there. */
  void keepDense(SameDiff trained) throws IOException {
    if (!Files.exists(dense())) {
      Files.createDirectories(directory);
      ModelFiles.save(trained, dense(), false);
    }
  }

  /** Whether the pruning has left a checkpoint, whole or not. */
  boolean holdsCheckpoint() throws IOException {
    if (!Files.isDirectory(directory)) {
      return false;
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.anyMatch(f -> f.getFileName().toString().endsWith(".ckpt"));
    }
  }

  /**
   * The arguments of the command that began the run.
   *
   * @throws PruningException NO_CHECKPOINT, BAD_FILE, CHECKPOINT_MISMATCH
   */
  List<String> arguments() {
    if (!Files.isRegularFile(command())) {
      throw new PruningException(
          Code.NO_CHECKPOINT,
          "\""
              + directory
              + "\" holds no run.json; name the folder that a stopped run has named, or one of"
              + " --checkpoints");
    }
    JsonNode root = read(command());
    List<String> arguments = new ArrayList<>();
    for (JsonNode argument : root.path("arguments")) {
      arguments.add(argument.asText());
    }
    if (root.path("version").asInt() != 1 || arguments.isEmpty()) {
      throw damaged(command(), "it has no version 1 or no arguments");
    }
    String from = root.path("directory").asText();
    if (!from.equals(workingDirectory())) {
      throw new PruningException(
          Code.CHECKPOINT_MISMATCH,
          "the run was begun in \""
              + from
              + "\", and its paths are relative to it; change to that folder and resume there");
    }
    return arguments;
  }

  private static JsonNode read(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw damaged(file, "it is larger than " + LARGEST + " bytes");
      }
      return JSON.readTree(Files.readAllBytes(file));
    } catch (JsonProcessingException e) {
      throw damaged(file, e.getOriginalMessage());
    } catch (IOException e) {
      throw new PruningException(Code.IO, "\"" + file + "\" cannot be read: " + e.getMessage(), e);
    }
  }

  /** The command in the folder is none that can go on. */
  PruningException notResumable(String why) {
    return damaged(command(), why);
  }

  private static PruningException damaged(Path file, String why) {
    return new PruningException(
        Code.BAD_FILE, "\"" + file + "\" is not what a stopped run has written: " + why);
  }

  /**
   * Gives the graph the weights that the pruning began with.
   *
   * @return false if the run has kept none
   */
  boolean restoreDense(SameDiff graph) {
    if (!Files.exists(dense())) {
      return false;
    }
    SameDiff stored = ModelFiles.load(dense());
    for (String name : stored.getVariables().keySet()) {
      if (stored.getVariable(name).getArr() != null && graph.hasVariable(name)) {
        graph.getVariable(name).getArr().assign(stored.getVariable(name).getArr());
      }
    }
    return true;
  }

  private static String workingDirectory() {
    return Path.of("").toAbsolutePath().normalize().toString();
  }
}
