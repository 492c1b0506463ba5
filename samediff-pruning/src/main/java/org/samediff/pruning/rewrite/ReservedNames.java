package org.samediff.pruning.rewrite;

/** The names this library gives to what it adds to a graph: all under one prefix. */
public final class ReservedNames {
  /** Prefix of every variable and op that is not the user's. */
  public static final String PREFIX = "pruning/";

  private ReservedNames() {}

  /** True for a variable or op that this library added. */
  public static boolean isOurs(String name) {
    return name.startsWith(PREFIX);
  }

  /** A mask of a channel group; the first has number 0. */
  public static String mask(String group, int number) {
    return PREFIX + group + "/mask" + (number == 0 ? "" : "_" + number);
  }

  /** The variable behind its mask. */
  public static String masked(String variable, int axis) {
    return PREFIX + variable + "/masked" + axis;
  }

  /** What a tap at a layer's map yields, of two. */
  static String tap(String layer, int number) {
    return PREFIX + layer + "/tap" + number;
  }

  /** The output that has several taps run. */
  static String taps(int number) {
    return PREFIX + "taps/" + number;
  }
}
