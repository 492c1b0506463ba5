package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.OptionalDouble;
import org.samediff.pruning.PruningCheck;
import org.samediff.pruning.Verdict;

/** A verdict as one JSON object; a difference that was not measured is null. */
final class VerdictJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private VerdictJson() {}

  static ObjectNode of(Verdict verdict, PruningCheck.Options options) {
    ObjectNode json =
        MAPPER
            .createObjectNode()
            .put("name", "verify-pruning")
            .put("verdict", verdict.getClass().getSimpleName().toUpperCase(Locale.ROOT))
            .put("ratio", options.ratio())
            .put("criterion", options.score().name().toLowerCase(Locale.ROOT))
            .put("seed", options.seed())
            .put("allow_inexact", options.allowInexact())
            .put("dense_units", options.denseUnits());
    if (verdict instanceof Verdict.Equal equal) {
      add(json, equal.figures());
    } else if (verdict instanceof Verdict.Inexact inexact) {
      add(json, inexact.figures());
      json.set("reasons", MAPPER.valueToTree(inexact.reasons()));
    } else if (verdict instanceof Verdict.Refused refused) {
      json.put("op", refused.op()).put("reason", refused.reason());
    } else if (verdict instanceof Verdict.Different different) {
      json.put("where", different.where()).put("reason", different.reason());
    }
    return json;
  }

  private static void add(ObjectNode json, Verdict.Figures f) {
    json.put("groups", f.groups())
        .put("channels", f.channels())
        .put("channels_cut", f.channelsCut())
        .put("filters_before", f.filtersBefore())
        .put("filters_after", f.filtersAfter())
        .put("params_before", f.parametersBefore())
        .put("params_after", f.parametersAfter())
        .put("macs_before", f.macsBefore())
        .put("macs_after", f.macsAfter());
    put(json, "max_rel_diff_float", f.singlePrecision().inference());
    put(json, "max_rel_diff_double", f.doublePrecision().inference());
    put(json, "max_rel_diff_training_float", f.singlePrecision().training());
    put(json, "max_rel_diff_training_double", f.doublePrecision().training());
    json.set("kept", MAPPER.valueToTree(f.kept()));
    json.set("notes", MAPPER.valueToTree(f.notes()));
  }

  private static void put(ObjectNode json, String name, OptionalDouble value) {
    if (value.isPresent()) {
      json.put(name, value.getAsDouble());
    } else {
      json.putNull(name);
    }
  }
}
