package org.samediff.pruning.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Resident memory of this process, heap and native together, from Linux' {@code /proc}. */
final class Memory {
  private static final Path STATUS = Path.of("/proc/self/status");
  private final long base;

  private Memory(long base) {
    this.base = base;
  }

  /**
   * Takes what is resident now as the base that later figures are above.
   *
   * @param counted bytes that are resident already and count all the same
   */
  static Memory start(long counted) {
    collect();
    return new Memory(read("VmRSS:") - counted);
  }

  /** Sets the peak back to what is resident now. */
  void resetPeak() {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Largest number of bytes resident since {@link #resetPeak}, above the base. */
  long peak() {
    return read("VmHWM:") - base;
  }

  /** Largest number of bytes that were ever resident, or since the last reset. */
  static long highest() {
    return read("VmHWM:");
  }

  /** Bytes resident now. */
  static long resident() {
    return read("VmRSS:");
  }

  /** Lets the collector free what nobody holds, native buffers included. */
  static void collect() {
    try {
      for (int i = 0; i < 3; i++) {
        System.gc();
        Thread.sleep(50); // ND4J's deallocator runs in a thread of its own
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static long read(String key) {
    try {
      return Files.readAllLines(STATUS).stream()
          .filter(l -> l.startsWith(key))
          .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
