package org.samediff.pruning;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Iterator;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.databind.DeserializationFeature;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ArrayNode;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.samediff.pruning.PruningPlan.Group;
import org.samediff.pruning.PruningPlan.Size;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.model.ModelFiles;

/** The file form of a plan; {@link PlanReader} reads it. */
final class PlanJson {
  static final String FORMAT = "samediff-pruning-plan";
  static final int VERSION = 1;

  /** Longest list of strings, in characters, that stands on one line. */
  private static final int LINE = 80;

  static final ObjectMapper MAPPER =
      new ObjectMapper()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  private PlanJson() {}

  static void write(PruningPlan plan, Path file) {
    ModelFiles.write(file, write(plan).getBytes(StandardCharsets.UTF_8));
  }

  static PruningPlan read(Path file) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new PruningException(Code.IO, "cannot read \"" + file + "\": " + e, e);
    }
    try {
      return PlanReader.read(new String(bytes, StandardCharsets.UTF_8));
    } catch (PruningException e) {
      throw new PruningException(e.code(), "\"" + file + "\": " + e.getMessage(), e);
    }
  }

  static String write(PruningPlan plan) {
    ObjectNode root = MAPPER.createObjectNode().put("format", FORMAT).put("version", VERSION);
    root.put("criterion", plan.criterion());
    root.set("before", size(plan.before()));
    root.set("after", size(plan.after()));
    ArrayNode groups = root.putArray("groups");
    for (Group g : plan.groups()) {
      ObjectNode group = groups.addObject();
      group.set("layers", strings(g.layers()));
      group.put("channels", g.channels());
      group.set("cut", MAPPER.valueToTree(g.cut()));
      group.set("scores", MAPPER.valueToTree(g.scores()));
      group.put("lowestKeptScore", g.lowestKeptScore());
      group.set("saves", size(g.saves()));
    }
    ObjectNode kept = root.putObject("keptLayers");
    plan.keptLayers().forEach(kept::put);
    ObjectNode graph = root.putObject("graph");
    graph.set("outputs", strings(plan.source().outputs()));
    CutScope scope = plan.source().scope();
    graph.set("ignoredLayers", strings(scope.ignored()));
    graph.set("unlistedLayers", strings(scope.keepFilters()));
    graph.put("allowInexact", scope.allowInexact());
    graph.put("denseUnits", scope.denseUnits());
    graph.set("text", strings(plan.source().text()));
    StringBuilder text = new StringBuilder();
    print(root, "", text);
    return text.append('\n').toString();
  }

  private static ObjectNode size(Size size) {
    return MAPPER
        .createObjectNode()
        .put("filters", size.filters())
        .put("parameters", size.parameters())
        .put("macs", size.macs());
  }

  private static JsonNode strings(Collection<String> list) {
    return MAPPER.valueToTree(list);
  }

  /** Objects over several lines, lists of numbers or a few short strings on one. */
  private static void print(JsonNode node, String indent, StringBuilder text) {
    boolean oneLine =
        node.isValueNode()
            || node.isEmpty()
            || node.isArray()
                && (node.get(0).isNumber()
                    || node.get(0).isTextual() && node.toString().length() <= LINE);
    if (oneLine) {
      text.append(node.isArray() ? line(node) : node.toString());
      return;
    }
    String inner = indent + "  ";
    text.append(node.isArray() ? '[' : '{');
    String separator = "\n";
    Iterator<String> names = node.fieldNames();
    for (JsonNode child : node) {
      text.append(separator).append(inner);
      if (names.hasNext()) {
        text.append(MAPPER.getNodeFactory().textNode(names.next())).append(": ");
      }
      print(child, inner, text);
      separator = ",\n";
    }
    text.append('\n').append(indent).append(node.isArray() ? ']' : '}');
  }

  private static String line(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(JsonNode::toString)
        .collect(Collectors.joining(", ", "[", "]"));
  }
}
