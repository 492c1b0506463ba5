package org.samediff.pruning.zoo.report;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.samediff.pruning.PruningPlan;
import org.samediff.pruning.RunHistory;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/** The file form of a report. */
final class ReportJson {
  static final String FORMAT = "samediff-pruning-report";
  static final int VERSION = 1;
  private static final String NULL = "a list in it has a null, or is one";
  private static final long LARGEST = 64L << 20;

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private ReportJson() {}

  static String write(RunReport report) {
    try {
      return tree(report).toPrettyString() + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a plan's JSON cannot be read", e);
    }
  }

  private static ObjectNode tree(RunReport report) throws JsonProcessingException {
    ObjectNode root = JSON.createObjectNode().put("format", FORMAT).put("version", VERSION);
    root.put("title", report.title());
    root.set("provenance", JSON.valueToTree(report.provenance()));
    root.set("equality", JSON.valueToTree(report.equality()));
    root.set("inexactCuts", JSON.valueToTree(report.inexactCuts()));
    root.set("measured", JSON.valueToTree(report.measured()));
    root.set("history", JSON.valueToTree(report.history()));
    root.set("plan", JSON.readTree(report.plan().toJson()));
    return root;
  }

  static RunReport read(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw bad("it is larger than " + LARGEST + " bytes", null);
      }
      return read(Files.readString(file));
    } catch (IOException e) {
      throw new PruningException(Code.IO, "cannot read \"" + file + "\": " + e, e);
    } catch (PruningException e) {
      throw new PruningException(e.code(), "\"" + file + "\": " + e.getMessage(), e);
    }
  }

  static RunReport read(String text) {
    try {
      JsonNode root = JSON.readTree(text);
      if (!root.path("format").asText().equals(FORMAT)) {
        throw bad("its format is not " + FORMAT, null);
      }
      if (root.path("version").asInt() != VERSION) {
        throw bad("it has version " + root.path("version") + ", and this is " + VERSION, null);
      }
      if (!root.path("title").isTextual()) {
        throw bad("it has no title", null);
      }
      return new RunReport(
          root.path("title").asText(),
          part(root, "provenance", new TypeReference<Map<String, String>>() {}),
          part(root, "equality", new TypeReference<RunReport.Equality>() {}),
          part(root, "inexactCuts", new TypeReference<List<String>>() {}),
          root.path("measured").isNull()
              ? null
              : part(root, "measured", new TypeReference<RunReport.Measured>() {}),
          part(root, "history", new TypeReference<RunHistory>() {}),
          PruningPlan.fromJson(root.path("plan").toString()));
    } catch (NullPointerException e) {
      throw bad(NULL, e);
    } catch (JsonProcessingException e) {
      throw bad(e.getCause() instanceof NullPointerException ? NULL : e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw bad(e.toString(), e);
    }
  }

  private static <T> T part(JsonNode root, String name, TypeReference<T> type) throws IOException {
    T part = root.hasNonNull(name) ? JSON.readValue(JSON.treeAsTokens(root.get(name)), type) : null;
    if (part == null) {
      throw bad("it has no " + name, null);
    }
    return part;
  }

  private static PruningException bad(String why, @Nullable Exception cause) {
    return new PruningException(Code.BAD_FILE, "no report: " + why, cause);
  }
}
