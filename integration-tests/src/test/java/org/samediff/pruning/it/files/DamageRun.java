package org.samediff.pruning.it.files;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads damaged files and prints the counts as one JSON object.
 *
 * <p>Arguments: {@code [FROM] TO}, seeds; 0 to 200000 by default.
 */
public final class DamageRun {
  private DamageRun() {}

  public static void main(String[] args) throws Exception {
    long to = args.length > 0 ? Long.parseLong(args[args.length - 1]) : 200_000;
    long from = args.length > 1 ? Long.parseLong(args[0]) : 0;
    Path target = Files.createDirectories(Path.of("target", "damage")).toAbsolutePath();
    Path directory = Files.createTempDirectory(target, "run");
    DamageTally.saveModels(directory);
    DamageTally tally = new DamageTally(directory);
    tally.run(from, to);
    tally.bad.forEach(System.out::println);
    System.out.println(new ObjectMapper().writeValueAsString(tally.json()));
  }
}
