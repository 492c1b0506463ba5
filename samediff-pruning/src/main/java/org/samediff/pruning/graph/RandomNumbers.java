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
      boolean carries = op.inputs().stream().anyMatch(random::contains);
      if (draws(op.type()) || (carries && !isSwitchedOff(view, op))) {
        random.addAll(op.outputs());
      }
    }
    return random;
  }

  /** Multiplied by whether the graph trains, which is zero outside {@code fit}. */
  private static boolean isSwitchedOff(GraphView view, GraphView.Op op) {
    return op.type().equals("multiply")
        && op.inputs().stream().anyMatch(input -> isLearningPhase(view, input));
  }

  private static boolean isLearningPhase(GraphView view, String name) {
    return name.endsWith(Probe.LEARNING_PHASE)
        || view.producer(name)
            .filter(op -> op.type().equals("cast"))
            .map(op -> op.input(0).endsWith(Probe.LEARNING_PHASE))
            .orElse(false);
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
