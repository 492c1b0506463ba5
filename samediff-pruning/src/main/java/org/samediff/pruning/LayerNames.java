package org.samediff.pruning;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.samediff.pruning.error.PruningException;

/** Finds layers by name or glob; one that matches nothing is an error that lists the nearest. */
final class LayerNames {
  private static final int SUGGESTIONS = 5;

  private LayerNames() {}

  /**
   * The layers that any of the patterns matches.
   *
   * @throws PruningException UNKNOWN_LAYER
   */
  static Set<String> matching(List<String> patterns, Collection<String> layers) {
    Set<String> found = new TreeSet<>();
    for (String pattern : patterns) {
      Pattern regex = glob(pattern);
      List<String> matches = layers.stream().filter(l -> regex.matcher(l).matches()).toList();
      if (matches.isEmpty()) {
        throw new PruningException(
            PruningException.Code.UNKNOWN_LAYER,
            "ignoredLayers: no convolution matches \""
                + pattern
                + "\"; the nearest are "
                + nearest(pattern, layers));
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
