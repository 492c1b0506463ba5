package org.samediff.pruning.it.random;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Counts over many graphs. Thread safe. */
final class Tally {
  private final Map<Outcome.Verdict, Integer> verdicts = new EnumMap<>(Outcome.Verdict.class);

  /** Kind to the number of graphs that hold it, by verdict. */
  private final Map<String, Map<Outcome.Verdict, Integer>> kinds = new TreeMap<>();

  private final Map<String, Integer> ops = new TreeMap<>();
  private final Map<String, Integer> reasons = new TreeMap<>();
  private final Map<Long, Outcome> bad = new TreeMap<>();
  private int graphs;
  private double worstDouble;
  private double worstFloat;

  synchronized void add(GraphSpec spec, Outcome outcome) {
    graphs++;
    verdicts.merge(outcome.verdict(), 1, Integer::sum);
    spec.layers().forEach(l -> ops.merge(l.kind(), 1, Integer::sum));
    for (String kind : new TreeSet<>(spec.layers().stream().map(Layer::kind).toList())) {
      kinds
          .computeIfAbsent(kind, k -> new EnumMap<>(Outcome.Verdict.class))
          .merge(outcome.verdict(), 1, Integer::sum);
    }
    if (outcome.bad()) {
      bad.put(spec.seed(), outcome);
    } else if (!outcome.reason().isEmpty()) {
      reasons.merge(outcome.reason(), 1, Integer::sum);
    }
    worstDouble = Math.max(worstDouble, outcome.worstDouble());
    worstFloat = Math.max(worstFloat, outcome.worstFloat());
  }

  synchronized int graphs() {
    return graphs;
  }

  synchronized int count(Outcome.Verdict verdict) {
    return verdicts.getOrDefault(verdict, 0);
  }

  /** Seed to what is wrong. */
  synchronized Map<Long, Outcome> bad() {
    return new TreeMap<>(bad);
  }

  /** The last line of the command. */
  synchronized String json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "random-graphs");
    json.put("graphs", graphs);
    json.put("compacted", count(Outcome.Verdict.COMPACTED));
    json.put("refused", count(Outcome.Verdict.REFUSED));
    json.put("inexact", count(Outcome.Verdict.INEXACT));
    json.put("ill_conditioned", count(Outcome.Verdict.ILL_CONDITIONED));
    json.put("differences", count(Outcome.Verdict.FAILED));
    json.put("crashes", count(Outcome.Verdict.CRASHED));
    json.put("worst_rel_diff_double", worstDouble);
    json.put("worst_rel_diff_float", worstFloat);
    json.put("ops", ops);
    json.put("reasons", reasons);
    try {
      return new ObjectMapper().writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Tables for the documentation. */
  synchronized String markdown() {
    StringBuilder text = new StringBuilder("| kind of layer | layers | graphs with it |");
    List<Outcome.Verdict> columns = new ArrayList<>(verdicts.keySet());
    columns.forEach(v -> text.append(' ').append(label(v)).append(" |"));
    text.append("\n|---|---|---|").append("---|".repeat(columns.size())).append('\n');
    kinds.forEach(
        (kind, counts) -> {
          int all = counts.values().stream().mapToInt(Integer::intValue).sum();
          text.append(String.format("| `%s` | %d | %d |", kind, ops.get(kind), all));
          columns.forEach(v -> text.append(' ').append(counts.getOrDefault(v, 0)).append(" |"));
          text.append('\n');
        });
    text.append("\n| reason | graphs |\n|---|---|\n");
    reasons.entrySet().stream()
        .sorted((a, b) -> b.getValue() - a.getValue())
        .forEach(e -> text.append(String.format("| %s | %d |%n", e.getKey(), e.getValue())));
    return text.toString();
  }

  private static String label(Outcome.Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
