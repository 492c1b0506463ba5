package org.samediff.pruning.bench;

import org.samediff.pruning.it.families.ShapesRun;

/** The families of networks as a command; see {@link ShapesRun}. */
public final class Shapes {
  private Shapes() {}

  public static void main(String[] args) {
    ShapesRun.main(args);
  }
}
