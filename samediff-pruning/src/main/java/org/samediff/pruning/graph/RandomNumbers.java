package org.samediff.pruning.graph;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;

/** Which values of a graph differ from run to run because an op draws numbers (dropout, noise). */
public final class RandomNumbers {
  private RandomNumbers() {}

  /** Names of the activations that depend on drawn numbers. */
  public static Set<String> behind(GraphView view) {
    Set<String> random = new LinkedHashSet<>();
    for (GraphView.Op op : view.ops()) {
      if (draws(op.type()) || op.inputs().stream().anyMatch(random::contains)) {
        random.addAll(op.outputs());
      }
    }
    return random;
  }

  private static boolean draws(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    return lower.contains("random")
        || lower.contains("bernoulli")
        || lower.startsWith("distribution_")
        || isDropout(type);
  }

  private static boolean isDropout(String type) {
    return type.toLowerCase(Locale.ROOT).contains("dropout");
  }

  /**
   * A graph in which every dropout passes its input on, as it would in inference elsewhere. It
   * shares the arrays of the source.
   */
  public static SameDiff withoutDropout(SameDiff sd) {
    Set<String> ops = new LinkedHashSet<>();
    Map<String, String> inputOf = new LinkedHashMap<>();
    for (GraphView.Op op : GraphView.of(sd).ops()) {
      if (isDropout(op.type())) {
        ops.add(op.name());
        String input = inputOf.getOrDefault(op.input(0), op.input(0));
        op.outputs().forEach(out -> inputOf.put(out, input));
      }
    }
    return GraphCopy.from(sd)
        .dropping(ops::contains, inputOf::containsKey)
        .redirecting(inputOf)
        .arrays((name, a) -> a)
        .withoutUpdaterState()
        .build();
  }
}
