package org.samediff.pruning.bench;

import java.io.IOException;
import org.samediff.pruning.it.random.RandomGraphsRun;

/** The random graphs as a command; see {@link RandomGraphsRun}. */
public final class RandomGraphs {
  private RandomGraphs() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    RandomGraphsRun.main(args);
  }
}
