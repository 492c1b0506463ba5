package org.samediff.pruning.model;

import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/** The words of the errors that several classes here throw. */
final class Faults {
  private Faults() {}

  static PruningException badFile(String what) {
    return badFile(what, null);
  }

  static PruningException badFile(String what, Throwable cause) {
    return new PruningException(
        Code.BAD_FILE,
        "this is no SameDiff model, or a damaged one: "
            + what
            + ". Load a good copy, or save the model again",
        cause);
  }

  static PruningException outOfMemory(String doing, OutOfMemoryError cause) {
    return new PruningException(
        Code.OUT_OF_MEMORY,
        "out of memory while "
            + doing
            + " ("
            + cause.getMessage()
            + "); no file was changed. Give the JVM more (-Xmx for the heap,"
            + " -Dorg.bytedeco.javacpp.maxbytes for native memory)",
        cause);
  }

  /** Throws the OutOfMemoryError that an exception was made of, if it was. */
  static void requireMemory(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError memory) {
        throw memory;
      }
    }
  }
}
