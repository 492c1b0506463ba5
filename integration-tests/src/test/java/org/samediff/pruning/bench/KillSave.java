package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;

/** Kills processes that save a model and prints the counts as JSON. Argument: how many; 500. */
public final class KillSave {
  private KillSave() {}

  public static void main(String[] args) throws Exception {
    int kills = args.length > 0 ? Integer.parseInt(args[0]) : 500;
    Path target = Files.createDirectories(Path.of("target", "kill-save")).toAbsolutePath();
    var killer =
        new org.samediff.pruning.model.KillSave(Files.createTempDirectory(target, "run"), 1);
    killer.run(kills);
    System.out.println(new ObjectMapper().writeValueAsString(killer.json()));
  }
}
