package org.samediff.pruning.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.it.files.Reports;

/** Kills processes while they save, and looks at what is left. */
public final class KillSave {
  private static final LoadOptions STRICT = LoadOptions.DEFAULT.requiringManifest();
  private static final float MARKER = 12345.678f;

  private final Path directory;
  private final Path model;
  private final Random random;

  int kills;
  int lost;
  int torn;
  int inFlight;
  int finished;
  final List<String> bad = new ArrayList<>();

  public KillSave(Path directory, long seed) {
    this.directory = directory;
    model = directory.resolve("slim.fb");
    random = new Random(seed);
  }

  /** Kills so many children, one after the other, all saving over the same model. */
  public void run(int times) throws IOException, InterruptedException {
    SameDiff sd = SameDiff.create();
    sd.var("W", Nd4j.scalar(MARKER).reshape(1));
    sd.var("more", Nd4j.rand(64, 64));
    Path bytes = directory.resolve("bytes");
    sd.save(bytes.toFile(), false);
    int at = find(Files.readAllBytes(bytes));
    int last = 0;
    for (int k = 0; k < times; k++) {
      Path report = directory.resolve("report" + k + ".txt");
      Process child =
          Reports.start(
              SavingChild.class,
              directory.resolve("child" + k + ".log"),
              report.toString(),
              model.toString(),
              bytes.toString(),
              String.valueOf(at),
              String.valueOf(last + 1));
      try {
        for (int wait = 0; !Files.exists(report) && child.isAlive() && wait < 60_000; wait++) {
          Thread.sleep(1);
        }
        TimeUnit.MICROSECONDS.sleep(random.nextInt(30_000));
      } finally {
        child.destroyForcibly().waitFor(); // SIGKILL
      }
      List<String> lines = Reports.lines(report);
      if (lines.isEmpty()) {
        throw new IllegalStateException("the child saved nothing, see " + report + " and its log");
      }
      int said = Integer.parseInt(lines.get(lines.size() - 1).replaceFirst(".* ", ""));
      last = look(k, said);
    }
  }

  /** Returns the number of the save whose model is there. */
  private int look(int kill, int said) throws IOException {
    kills++;
    int found = -1;
    try {
      found = (int) ModelFiles.load(model, STRICT).getVariable("W").getArr().getFloat(0);
      if (found % 2 == 0) {
        double number = state();
        if (number != found) {
          throw new IllegalStateException("its state is that of save " + number);
        }
      }
    } catch (PruningException | IllegalStateException e) {
      torn++;
      bad.add("kill " + kill + " behind save " + said + ": " + e.getMessage());
      return said;
    }
    if (found == said) {
      finished++;
    } else if (found == said + 1) {
      inFlight++;
    } else {
      lost++;
      bad.add("kill " + kill + " behind save " + said + ": save " + found + " is there");
    }
    return Math.max(found, said);
  }

  private double state() throws IOException {
    Manifest manifest = Manifest.beside(model).orElseThrow();
    String sha;
    try (var channel = FileOps.REAL.open(model)) {
      sha = Sha256.of(channel).hex();
    }
    Manifest.FileEntry entry = manifest.matching(sha).orElseThrow().state().orElseThrow();
    try (ArrayReader reader = ArrayReader.open(model.resolveSibling(entry.name()))) {
      return reader.numbers("number")[0];
    }
  }

  /** Files that are neither the model's nor the test's; each save takes away what the last left. */
  long leftovers() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(p -> p.getFileName().toString().endsWith(".tmp")).count();
    }
  }

  private static int find(byte[] bytes) {
    int wanted = Float.floatToIntBits(MARKER);
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    for (int i = 0; i + 4 <= bytes.length; i++) {
      if (buffer.getInt(i) == wanted) {
        return i;
      }
    }
    throw new IllegalStateException("the weight is not in the file");
  }

  /** Counts, for the figure. */
  public Map<String, Object> json() throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "kill-save");
    json.put("kills", kills);
    json.put("torn", torn);
    json.put("lost", lost);
    json.put("last_finished_save_there", finished);
    json.put("save_in_flight_there", inFlight);
    json.put("temporary_files_left", leftovers());
    return json;
  }
}
