package org.samediff.pruning;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GraphView;

/**
 * Finds layers by name, by glob ({@code *}, {@code ?}) or by op type ({@code op:conv2d}, globs
 * too); a pattern that matches nothing is an error that lists the nearest.
 */
final class LayerNames {
  private static final int SUGGESTIONS = 5;
  private static final String BY_TYPE = "op:";

  private LayerNames() {}

  /**
   * The layers that any of the patterns matches.
   *
   * @param option what the user set, for the message
   * @throws PruningException UNKNOWN_LAYER
   */
  static Set<String> matching(String option, List<String> patterns, List<GraphView.Op> layers) {
    Set<String> found = new TreeSet<>();
    for (String pattern : patterns) {
      Pattern regex = glob(pattern);
      boolean byType = pattern.startsWith(BY_TYPE);
      List<String> matches =
          layers.stream()
              .filter(op -> regex.matcher(byType ? BY_TYPE + op.type() : op.output()).matches())
              .map(GraphView.Op::output)
              .toList();
      if (matches.isEmpty()) {
        throw new PruningException(
            PruningException.Code.UNKNOWN_LAYER,
            option
                + ": no layer matches \""
                + pattern
                + "\"; the nearest are "
                + nearest(
                    pattern,
                    layers.stream()
                        .map(op -> byType ? BY_TYPE + op.type() : op.output())
                        .distinct()
                        .toList()));
      }
      found.addAll(matches);
    }
    return found;
  }

  private static Pattern glob(String pattern) {
    StringBuilder regex = new StringBuilder();
    for (char c : pattern.toCharArray()) {
      regex.append(
          switch (c) {
            case '*' -> ".*";
            case '?' -> ".";
            default -> Pattern.quote(String.valueOf(c));
          });
    }
    return Pattern.compile(regex.toString());
  }

  private static List<String> nearest(String name, Collection<String> layers) {
    return layers.stream()
        .sorted(
            Comparator.comparingInt((String l) -> distance(name, l))
                .thenComparing(Comparator.naturalOrder()))
        .limit(SUGGESTIONS)
        .toList();
  }

  /** Levenshtein's edit distance. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, 1 + Math.min(previous[j], row[j - 1]));
      }
      previous = row;
    }
    return previous[b.length()];
  }
}
