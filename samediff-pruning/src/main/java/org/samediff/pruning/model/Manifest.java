package org.samediff.pruning.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * The file beside a model, {@code slim.fb.json} for {@code slim.fb}, that says what the model is.
 *
 * @param model the model file
 * @param previous the model that was there before, while it is being replaced: until the new one is
 *     in place, the old one is as good
 * @param variables name, kind, type and shape of each stored variable
 * @param provenance where the model comes from; versions of this library and ND4J are among the
 *     facts
 */
public record Manifest(
    Model model, Optional<Model> previous, List<String> variables, Provenance provenance) {
  private static final String FORMAT = "samediff-pruning-model";
  private static final int VERSION = 1;
  private static final long LARGEST = 64 << 20;

  /**
   * One file.
   *
   * @param name without directory
   * @param sha256 in hexadecimal
   */
  public record FileEntry(String name, long bytes, String sha256) {
    /**
     * Checks that it names a file beside the manifest.
     *
     * @throws PruningException BAD_FILE
     */
    public FileEntry {
      if (name.isEmpty()
          || name.contains("/")
          || name.contains("\\")
          || name.equals("..")
          || !sha256.matches("[0-9a-f]{64}")
          || bytes < 0) {
        throw bad("it names no file: " + name + ", " + bytes + " bytes, SHA-256 " + sha256);
      }
    }
  }

  /**
   * A model.
   *
   * @param file the SameDiff file
   * @param state the file with the updater state, if that is not in the SameDiff file
   */
  public record Model(FileEntry file, Optional<FileEntry> state) {}

  /** Copies the list. */
  public Manifest {
    variables = List.copyOf(variables);
  }

  /** Where the manifest of a model is. */
  public static Path pathFor(Path model) {
    return model.resolveSibling(model.getFileName() + ".json");
  }

  /**
   * Reads the manifest beside a model; empty if there is none.
   *
   * @throws PruningException IO, BAD_FILE
   */
  public static Optional<Manifest> beside(Path model) {
    Path file = pathFor(model);
    byte[] bytes;
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      if (Files.size(file) > LARGEST) {
        throw bad("it has " + Files.size(file) + " bytes");
      }
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new PruningException(Code.IO, "cannot read \"" + file + "\": " + e, e);
    }
    return Optional.of(read(bytes));
  }

  /** The model with this digest, if the manifest has it. */
  Optional<Model> matching(String sha256) {
    if (model.file().sha256().equals(sha256)) {
      return Optional.of(model);
    }
    return previous.filter(p -> p.file().sha256().equals(sha256));
  }

  static Manifest read(byte[] bytes) {
    try {
      JsonNode root = Json.MAPPER.readTree(bytes);
      if (root == null
          || !root.path("format").asText().equals(FORMAT)
          || root.path("version").asInt() != VERSION) {
        throw bad("it is not of format " + FORMAT + ", version " + VERSION);
      }
      List<String> variables = new ArrayList<>();
      root.path("variables").forEach(v -> variables.add(v.asText()));
      Map<String, String> facts = new TreeMap<>();
      root.path("provenance")
          .fields()
          .forEachRemaining(f -> facts.put(f.getKey(), f.getValue().asText()));
      String plan = root.has("plan") ? root.get("plan").toString() : "";
      Optional<Model> previous =
          root.has("previous") ? Optional.of(model(root.get("previous"))) : Optional.empty();
      return new Manifest(
          model(root.path("model")), previous, variables, new Provenance(facts, plan));
    } catch (IOException | StackOverflowError e) {
      throw bad("it is no JSON: " + e.getMessage());
    }
  }

  private static Model model(JsonNode node) {
    return new Model(
        entry(node), node.has("state") ? Optional.of(entry(node.get("state"))) : Optional.empty());
  }

  private static FileEntry entry(JsonNode node) {
    return new FileEntry(
        node.path("file").asText(), node.path("bytes").asLong(-1), node.path("sha256").asText());
  }

  byte[] toBytes() {
    ObjectNode root = Json.MAPPER.createObjectNode().put("format", FORMAT).put("version", VERSION);
    root.set("model", json(model));
    previous.ifPresent(p -> root.set("previous", json(p)));
    ObjectNode facts = root.putObject("provenance");
    provenance.facts().forEach(facts::put);
    ArrayNode list = root.putArray("variables");
    variables.forEach(list::add);
    try {
      if (!provenance.plan().isEmpty()) {
        root.set("plan", Json.MAPPER.readTree(provenance.plan()));
      }
      String text = Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(root);
      return (text + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new PruningException(
          Code.BAD_OPTION, "the provenance's plan is no JSON: " + e.getMessage(), e);
    }
  }

  private static ObjectNode json(Model model) {
    ObjectNode node = json(model.file());
    model.state().ifPresent(s -> node.set("state", json(s)));
    return node;
  }

  private static ObjectNode json(FileEntry file) {
    return Json.MAPPER
        .createObjectNode()
        .put("file", file.name())
        .put("bytes", file.bytes())
        .put("sha256", file.sha256());
  }

  private static PruningException bad(String what) {
    return new PruningException(
        Code.BAD_FILE,
        "the manifest is damaged: "
            + what
            + ". Save the model again, or remove the manifest to load without it");
  }
}
