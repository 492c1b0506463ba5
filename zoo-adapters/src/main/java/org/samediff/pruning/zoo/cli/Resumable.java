package org.samediff.pruning.zoo.cli;

import java.io.IOException;
import java.nio.file.Path;

/** A command that leaves a folder on Ctrl-C to go on from. */
interface Resumable {
  /**
   * Goes on with the run that a command with these options began.
   *
   * @param directory its folder
   * @return the exit code
   */
  int resume(Path directory) throws IOException;
}
