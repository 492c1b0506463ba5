package org.samediff.pruning;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;

/**
 * What {@link PruningCheck} found. The first line of the text form starts with the verdict in
 * capitals. Immutable.
 */
public sealed interface Verdict {
  /** The compacted graph computes what the masked one does. */
  record Equal(Figures figures) implements Verdict {
    @Override
    public String toString() {
      return "EQUAL " + figures;
    }
  }

  /**
   * The cut changes what the graph computes, in ways that were foreseen and allowed.
   *
   * @param reasons why, one for each place
   */
  record Inexact(Figures figures, List<String> reasons) implements Verdict {
    @Override
    public String toString() {
      return "INEXACT " + figures + lines("because", reasons);
    }
  }

  /**
   * Nothing was cut.
   *
   * @param op name of the op, layer or placeholder it comes from; empty if it is the whole graph
   * @param reason why, with the remedy where there is one
   */
  record Refused(String op, String reason) implements Verdict {
    @Override
    public String toString() {
      return "REFUSED " + (op.isEmpty() ? "" : "\"" + op + "\": ") + reason + "\n";
    }
  }

  /**
   * A fault of this library: the compacted graph computes something else than the masked one, or
   * does not run, though the cut was said to be exact.
   *
   * @param where the output, with precision and mode, or the step that failed
   * @param reason what came out, both values
   */
  record Different(String where, String reason) implements Verdict {
    @Override
    public String toString() {
      return "DIFFERENT "
          + where
          + ": "
          + reason
          + "\n  please report this with the graph's text form (GraphText.of)\n";
    }
  }

  /**
   * What was cut and how far masked and compacted graph are apart.
   *
   * @param groups groups of channels that are cut together
   * @param channels channels of all groups
   * @param channelsCut how many of them were cut
   * @param filtersBefore filters of the whole network: of convolutions, and units of dense layers
   *     if those could be cut
   * @param parametersBefore trainable parameters of the whole network
   * @param macsBefore multiply-accumulates for one example
   * @param kept layers with filters that no group holds, with the reason
   * @param singlePrecision in float32; the largest difference of an element as a share of the
   *     largest value of its output
   * @param doublePrecision the same in double; {@link Differences#NONE} if it could not be run
   * @param notes what was not compared, and why
   */
  record Figures(
      int groups,
      int channels,
      int channelsCut,
      long filtersBefore,
      long filtersAfter,
      long parametersBefore,
      long parametersAfter,
      long macsBefore,
      long macsAfter,
      SortedMap<String, String> kept,
      Differences singlePrecision,
      Differences doublePrecision,
      List<String> notes) {
    @Override
    public String toString() {
      return String.format(
              Locale.ROOT,
              "largest relative difference: float %s; double %s%n"
                  + "  %d of %d channels cut in %d groups%n"
                  + "  filters %d -> %d, parameters %d -> %d, MACs %d -> %d%n",
              singlePrecision,
              doublePrecision,
              channelsCut,
              channels,
              groups,
              filtersBefore,
              filtersAfter,
              parametersBefore,
              parametersAfter,
              macsBefore,
              macsAfter)
          + lines("keeps filters:", kept.entrySet().stream().map(Figures::line).toList())
          + lines("note:", notes);
    }

    private static String line(Map.Entry<String, String> entry) {
      return entry.getKey() + ", " + entry.getValue();
    }
  }

  /**
   * Largest relative differences between masked and compacted graph in one precision; empty where
   * that was not compared.
   *
   * @param inference in a plain run
   * @param training in SameDiff's gradient function, batch norms on batch statistics
   */
  record Differences(OptionalDouble inference, OptionalDouble training) {
    /** Nothing was compared. */
    public static final Differences NONE =
        new Differences(OptionalDouble.empty(), OptionalDouble.empty());

    @Override
    public String toString() {
      return text(inference) + " (training " + text(training) + ")";
    }

    private static String text(OptionalDouble value) {
      return value.isEmpty()
          ? "not compared"
          : String.format(Locale.ROOT, "%.2g", value.getAsDouble());
    }
  }

  private static String lines(String head, List<String> texts) {
    StringBuilder result = new StringBuilder();
    texts.forEach(t -> result.append("  ").append(head).append(' ').append(t).append('\n'));
    return result.toString();
  }
}
