package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kills training runs and prints the counts as JSON. Argument: how many kills; 100. */
public final class KillTrain {
  private KillTrain() {}

  public static void main(String[] args) throws Exception {
    int kills = args.length > 0 ? Integer.parseInt(args[0]) : 100;
    Path target = Files.createDirectories(Path.of("target", "kill-train")).toAbsolutePath();
    var killer =
        new org.samediff.pruning.it.files.KillTrain(Files.createTempDirectory(target, "run"), 1);
    killer.run(kills);
    System.out.println(new ObjectMapper().writeValueAsString(killer.json()));
  }
}
