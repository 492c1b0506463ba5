package org.samediff.pruning.it.random;

import com.google.common.collect.ImmutableSortedMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One layer of a {@link GraphSpec}: {@code conv2d(0) filters=4 k=3}.
 *
 * @param kind name of a {@link LayerKind}
 * @param inputs the values it reads: the graph's inputs first, then the layers, counted from 0
 * @param params small integers by name
 */
record Layer(String kind, List<Integer> inputs, ImmutableSortedMap<String, Integer> params) {
  /** Parameter that names the layer whose weights this one uses as well. */
  static final String SHARE = "share";

  private static final Pattern LINE = Pattern.compile("(\\w+)\\(([\\d, ]*)\\)(.*)");

  Layer {
    inputs = List.copyOf(inputs);
  }

  Layer(String kind, List<Integer> inputs, Map<String, Integer> params) {
    this(kind, inputs, ImmutableSortedMap.copyOf(params));
  }

  /** The parameter, or 0. */
  int get(String param) {
    return params.getOrDefault(param, 0);
  }

  boolean is(String param) {
    return get(param) != 0;
  }

  Layer with(String param, int value) {
    Map<String, Integer> changed = new TreeMap<>(params);
    changed.put(param, value);
    return new Layer(kind, inputs, changed);
  }

  Layer without(String param) {
    Map<String, Integer> changed = new TreeMap<>(params);
    changed.remove(param);
    return new Layer(kind, inputs, changed);
  }

  /** The same with every value it reads or shares weights with renamed. */
  Layer renumbered(IntUnaryOperator number) {
    Layer moved = new Layer(kind, inputs.stream().map(number::applyAsInt).toList(), params);
    return params.containsKey(SHARE) ? moved.with(SHARE, number.applyAsInt(get(SHARE))) : moved;
  }

  @Override
  public String toString() {
    return kind
        + inputs.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")"))
        + params.entrySet().stream()
            .map(e -> " " + e.getKey() + "=" + e.getValue())
            .collect(Collectors.joining());
  }

  static Layer parse(String text) {
    Matcher m = LINE.matcher(text.trim());
    if (!m.matches()) {
      throw new IllegalArgumentException("no layer: " + text);
    }
    Map<String, Integer> params = new TreeMap<>();
    for (String param : m.group(3).trim().split(" +")) {
      if (!param.isEmpty()) {
        String[] pair = param.split("=");
        params.put(pair[0], Integer.valueOf(pair[1]));
      }
    }
    List<Integer> inputs =
        Stream.of(m.group(2).split(", *")).filter(s -> !s.isEmpty()).map(Integer::valueOf).toList();
    return new Layer(m.group(1), inputs, params);
  }
}
