package org.samediff.pruning.it.files;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.TrainingState;
import org.samediff.pruning.model.LoadOptions;
import org.samediff.pruning.model.Manifest;
import org.samediff.pruning.model.ModelFiles;

/**
 * Loads damaged files in a JVM of its own, each with and without the manifest of the whole one, and
 * says in a file what it begins and what came of it.
 *
 * <p>Arguments: {@code REPORT DIRECTORY FROM TO} with the whole models {@code 0.fb, 1.fb, ...} in
 * the directory, which take turns; or {@code REPORT DIRECTORY files} to load every {@code
 * *.hostile}.
 */
public final class DamageChild {
  private static final LoadOptions OPTIONS = LoadOptions.DEFAULT.withUpdaterState();

  private record Whole(byte[] bytes, byte[] manifest, String digest, Map<String, INDArray> state) {}

  private final Path report;
  private final Path file;
  private final List<Whole> models = new ArrayList<>();

  private DamageChild(Path report, Path directory) throws IOException {
    this.report = report;
    file = Path.of(report + ".fb");
    for (int i = 0; Files.exists(directory.resolve(i + ".fb")); i++) {
      Path whole = directory.resolve(i + ".fb");
      SameDiff sd = ModelFiles.load(whole, OPTIONS.requiringManifest());
      models.add(
          new Whole(
              Files.readAllBytes(whole),
              Files.readAllBytes(Manifest.pathFor(whole)),
              GraphText.digest(sd),
              TrainingState.arrays(sd)));
    }
  }

  public static void main(String[] args) throws IOException {
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    DamageChild child = new DamageChild(Path.of(args[0]), Path.of(args[1]));
    if (args[2].equals("files")) {
      child.hostile(Path.of(args[1]), args.length > 3 ? args[3] : "");
    } else {
      for (long seed = Long.parseLong(args[2]); seed < Long.parseLong(args[3]); seed++) {
        child.damaged(seed);
      }
    }
    Reports.say(child.report, "end");
  }

  private void damaged(long seed) throws IOException {
    Reports.say(report, "start " + seed);
    Whole whole = models.get((int) (seed / Damage.values().length % models.size()));
    Files.write(file, Damage.damage(whole.bytes(), seed));
    Files.write(Manifest.pathFor(file), whole.manifest());
    String known = load(whole);
    Files.delete(Manifest.pathFor(file));
    long before = System.nanoTime();
    String unknown = load(whole);
    long ms = (System.nanoTime() - before) / 1_000_000;
    Reports.say(report, "done " + seed + " " + known + " " + unknown + " " + ms);
  }

  private void hostile(Path directory, String behind) throws IOException {
    try (var all = Files.list(directory)) {
      for (Path p : all.filter(f -> f.toString().endsWith(".hostile")).sorted().toList()) {
        String name = p.getFileName().toString();
        if (name.compareTo(behind) > 0) {
          Reports.say(report, "start " + name);
          Files.copy(p, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
          long before = System.nanoTime();
          String outcome = load(null);
          long ms = (System.nanoTime() - before) / 1_000_000;
          Reports.say(report, "done " + name + " - " + outcome + " " + ms);
        }
      }
    }
  }

  /** A code, or what was loaded: {@code same}, {@code other}; or an exception that is not ours. */
  private String load(Whole whole) {
    try {
      SameDiff sd = ModelFiles.load(file, OPTIONS);
      boolean same =
          whole != null
              && GraphText.digest(sd).equals(whole.digest())
              && TrainingState.arrays(sd).equals(whole.state());
      return same ? "same" : "other";
    } catch (PruningException e) {
      return e.code().name();
    } catch (Throwable t) {
      return "foreign:" + t.getClass().getName();
    }
  }
}
