package org.samediff.pruning.it.random;

import com.google.common.base.Splitter;
import java.util.List;

/**
 * What became of one graph.
 *
 * @param verdict the worst of both precisions
 * @param reason of a refusal or an inexact cut without names and numbers; of a failure the property
 *     that does not hold; else empty
 * @param detail of a failure: what was found
 * @param worstDouble largest difference between the masked and the compacted graph in double, as a
 *     share of the output's largest value
 * @param worstFloat the same in float
 */
record Outcome(
    Verdict verdict, String reason, String detail, double worstDouble, double worstFloat) {
  enum Verdict {
    /** Cut, and every property holds. */
    COMPACTED,
    /** Cut, and float itself is further off from double than the cut from the masked graph. */
    ILL_CONDITIONED,
    /** Nothing was cut, because the outputs would move. */
    INEXACT,
    /** Nothing was cut. */
    REFUSED,
    /** Some property does not hold. */
    FAILED,
    /** The JVM died. */
    CRASHED
  }

  static Outcome refused(String reason) {
    return new Outcome(Verdict.REFUSED, normalized(reason), "", 0, 0);
  }

  static Outcome failed(String property, String detail) {
    return new Outcome(Verdict.FAILED, property, detail, 0, 0);
  }

  boolean bad() {
    return verdict == Verdict.FAILED || verdict == Verdict.CRASHED;
  }

  /** The worse verdict, the larger differences. */
  Outcome and(Outcome other) {
    Outcome worse = other.verdict.compareTo(verdict) > 0 ? other : this;
    return new Outcome(
        worse.verdict,
        worse.reason,
        worse.detail,
        Math.max(worstDouble, other.worstDouble),
        Math.max(worstFloat, other.worstFloat));
  }

  /** A message without names and numbers. */
  static String normalized(String message) {
    return message
        .replaceAll("\"[^\"]*\"", "..")
        .replaceAll("-?\\d+(\\.\\d+)?(e-?\\d+)?", "N")
        .replaceAll("[\\s|]+", " ")
        .trim();
  }

  /** One line; {@link #parse} is the inverse. */
  String line() {
    return String.join(
        "|",
        verdict.name(),
        reason.replace('|', '/'),
        detail.replaceAll("[|\\s]+", " "),
        Double.toString(worstDouble),
        Double.toString(worstFloat));
  }

  static Outcome parse(String line) {
    List<String> parts = Splitter.on('|').splitToList(line);
    return new Outcome(
        Verdict.valueOf(parts.get(0)),
        parts.get(1),
        parts.get(2),
        Double.parseDouble(parts.get(3)),
        Double.parseDouble(parts.get(4)));
  }
}
