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

  /** A score op's output at a layer. */
  public static String score(String layer, String what) {
    return PREFIX + layer + "/" + what;
  }

  /** The outputs of score ops at several layers in one. */
  public static String joined(String what, int number) {
    return PREFIX + "joined/" + what + "/" + number;
  }
}
