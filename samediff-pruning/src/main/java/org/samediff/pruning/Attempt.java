package org.samediff.pruning;

import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;

/**
 * Runs one step of a check and turns what it throws into a verdict: a refusal where the graph is to
 * blame, a difference where this library is.
 */
final class Attempt {
  private static final Pattern QUOTED = Pattern.compile("\"([^\"]+)\"");

  /** Ends a check early. */
  static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Verdict verdict;

    Ended(Verdict verdict) {
      super(verdict.toString());
      this.verdict = verdict;
    }

    Verdict verdict() {
      return verdict;
    }
  }

  private Attempt() {}

  /**
   * A step that executes or reads the user's graph.
   *
   * @param op what to name where the message names no part of the graph
   */
  static void onGraphOf(SameDiff sd, String op, Runnable step) {
    onGraphOf(
        sd,
        op,
        () -> {
          step.run();
          return true;
        });
  }

  static <T> T onGraphOf(SameDiff sd, String op, Supplier<T> step) {
    try {
      return step.get();
    } catch (Ended e) {
      throw e;
    } catch (RuntimeException e) {
      throw new Ended(new Verdict.Refused(named(sd, message(e), op), message(e)));
    }
  }

  /** A step of this library's own, after the graph itself was found to run. */
  static <T> T ofOurs(SameDiff sd, String what, Supplier<T> step) {
    try {
      return step.get();
    } catch (Ended e) {
      throw e;
    } catch (PruningException e) {
      throw switch (e.code()) {
        case NOT_EQUAL, DAMAGED_GRAPH -> new Ended(new Verdict.Different(what, message(e)));
        default -> new Ended(new Verdict.Refused(named(sd, message(e), ""), message(e)));
      };
    } catch (RuntimeException e) {
      StackTraceElement[] trace = e.getStackTrace();
      String where = trace.length == 0 ? "" : " at " + trace[0];
      throw new Ended(new Verdict.Different(what, message(e) + where));
    }
  }

  /** First line of the message, with the kind of exception unless it is this library's. */
  static String message(Throwable e) {
    String text = e.getMessage() == null ? "" : e.getMessage().lines().findFirst().orElse("");
    return e instanceof PruningException ? text : e.getClass().getSimpleName() + ": " + text;
  }

  private static String named(SameDiff sd, String message, String otherwise) {
    Matcher quoted = QUOTED.matcher(message);
    while (quoted.find()) {
      String name = quoted.group(1);
      if (sd.getVariables().containsKey(name) || sd.getOps().containsKey(name)) {
        return name;
      }
    }
    return otherwise;
  }
}
