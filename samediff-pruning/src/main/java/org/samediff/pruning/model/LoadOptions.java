package org.samediff.pruning.model;

import java.util.Set;

/**
 * How {@link ModelFiles#load} reads a file.
 *
 * @param strict whether a file without a manifest is refused
 * @param updaterState whether the updater state is read, to train on
 * @param limits how large the file may be
 * @param allowedClasses names of updater, schedule, regularisation or evaluation classes of your
 *     own that a training configuration may name, beside those of ND4J
 */
public record LoadOptions(
    boolean strict, boolean updaterState, Limits limits, Set<String> allowedClasses) {
  /** Without updater state; a manifest is checked where there is one. */
  public static final LoadOptions DEFAULT = new LoadOptions(false, false, Limits.DEFAULT, Set.of());

  /** Copies the classes. */
  public LoadOptions {
    allowedClasses = Set.copyOf(allowedClasses);
  }

  /** The same, but a file without a manifest is refused. */
  public LoadOptions requiringManifest() {
    return new LoadOptions(true, updaterState, limits, allowedClasses);
  }

  /** The same, and the updater state is read. */
  public LoadOptions withUpdaterState() {
    return new LoadOptions(strict, true, limits, allowedClasses);
  }

  /** The same with other limits. */
  public LoadOptions within(Limits newLimits) {
    return new LoadOptions(strict, updaterState, newLimits, allowedClasses);
  }

  /** The same, and these classes may be named. */
  public LoadOptions allowing(Set<String> classes) {
    return new LoadOptions(strict, updaterState, limits, classes);
  }
}
