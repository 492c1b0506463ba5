package org.samediff.pruning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.samediff.pruning.PruningPlan.Group;
import org.samediff.pruning.PruningPlan.Size;
import org.samediff.pruning.PruningPlan.Source;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * Reads the file form of a plan. Every field is required, and no other is allowed; what the numbers
 * have to obey is checked by the records themselves.
 */
final class PlanReader {
  private PlanReader() {}

  static PruningPlan read(String json) {
    JsonNode node;
    try {
      node = PlanJson.MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new PruningException(
          Code.BAD_PLAN,
          "this is no JSON text, or not a whole one: "
              + e.getOriginalMessage()
              + (e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr()),
          e);
    }
    At root = new At("", node);
    root.requireObject();
    if (!node.path("format").asText().equals(PlanJson.FORMAT)) {
      throw PruningPlan.bad(
          "this is no pruning plan: \"format\" is "
              + node.path("format")
              + ", and a plan's is \""
              + PlanJson.FORMAT
              + "\"");
    }
    int version = root.field("version").integer();
    if (version != PlanJson.VERSION) {
      throw PruningPlan.bad(
          "the plan has version "
              + version
              + ", this library reads version "
              + PlanJson.VERSION
              + "; read it with the version of the library that wrote it");
    }
    root.only("format", "version", "criterion", "before", "after", "groups", "keptLayers", "graph");
    return new PruningPlan(
        source(root.field("graph")),
        root.field("criterion").text(),
        size(root.field("before")),
        size(root.field("after")),
        root.field("groups").list(PlanReader::group),
        root.field("keptLayers").texts());
  }

  private static Source source(At at) {
    at.only("outputs", "ignoredLayers", "unlistedLayers", "allowInexact", "denseUnits", "text");
    return new Source(
        at.field("text").list(At::text),
        at.field("outputs").list(At::text),
        new CutScope(
            Set.copyOf(at.field("ignoredLayers").list(At::text)),
            Set.copyOf(at.field("unlistedLayers").list(At::text)),
            at.field("allowInexact").yesOrNo(),
            at.field("denseUnits").yesOrNo()));
  }

  private static Size size(At at) {
    at.only("filters", "parameters", "macs");
    return new Size(
        at.field("filters").whole(), at.field("parameters").whole(), at.field("macs").whole());
  }

  private static Group group(At at) {
    at.only("layers", "channels", "cut", "scores", "lowestKeptScore", "saves");
    return new Group(
        at.field("layers").list(At::text),
        at.field("channels").integer(),
        at.field("cut").list(At::integer),
        at.field("scores").list(At::number),
        at.field("lowestKeptScore").number(),
        size(at.field("saves")));
  }

  /** A node and where it stands, e.g. {@code groups[2].cut[0]}. */
  private record At(String path, JsonNode node) {
    void requireObject() {
      require(node.isObject(), "an object");
    }

    /** Refuses fields of other names. */
    void only(String... names) {
      requireObject();
      List<String> known = Arrays.asList(names);
      node.fieldNames()
          .forEachRemaining(
              name -> {
                if (!known.contains(name)) {
                  throw PruningPlan.bad(
                      at(name) + " is no field of a plan; there, the fields are " + known);
                }
              });
    }

    At field(String name) {
      requireObject();
      if (!node.has(name)) {
        throw PruningPlan.bad(at(name) + " is missing");
      }
      return new At(at(name), node.get(name));
    }

    private String at(String name) {
      return path.isEmpty() ? name : path + "." + name;
    }

    String text() {
      require(node.isTextual(), "a string");
      return node.textValue();
    }

    boolean yesOrNo() {
      require(node.isBoolean(), "true or false");
      return node.booleanValue();
    }

    int integer() {
      require(node.isIntegralNumber() && node.canConvertToInt(), "an integer of 32 bits");
      return node.intValue();
    }

    long whole() {
      require(node.isIntegralNumber() && node.canConvertToLong(), "an integer of 64 bits");
      return node.longValue();
    }

    double number() {
      require(node.isNumber() && Double.isFinite(node.doubleValue()), "a finite number");
      return node.doubleValue();
    }

    <T> List<T> list(Function<At, T> element) {
      require(node.isArray(), "a list");
      List<T> result = new ArrayList<>();
      for (int i = 0; i < node.size(); i++) {
        result.add(element.apply(new At(path + "[" + i + "]", node.get(i))));
      }
      return result;
    }

    Map<String, String> texts() {
      requireObject();
      Map<String, String> result = new TreeMap<>();
      node.fieldNames().forEachRemaining(name -> result.put(name, field(name).text()));
      return result;
    }

    private void require(boolean holds, String what) {
      if (!holds) {
        String found = node.toString();
        throw PruningPlan.bad(
            (path.isEmpty() ? "the plan" : path)
                + " must be "
                + what
                + ", got "
                + (found.length() > 60 ? found.substring(0, 60) + "..." : found));
      }
    }
  }
}
