package org.samediff.pruning.it.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Kills a training run again and again, lets it end, and compares it with one that was left alone.
 */
public final class KillTrain {
  private static final int STEPS = TrainingChild.EPOCHS * TrainingChild.PER_EPOCH;

  private final Path directory;
  private final Random random;
  int kills;
  int runs;
  int different;
  int stepsLost;
  String uninterrupted = "";

  public KillTrain(Path directory, long seed) {
    this.directory = directory;
    random = new Random(seed);
  }

  /** Kills so many times: runs of up to five kills each. */
  public void run(int times) throws IOException, InterruptedException {
    uninterrupted = whole("whole", 0);
    while (kills < times) {
      String result = whole("run" + runs, Math.min(5, times - kills));
      runs++;
      different += result.equals(uninterrupted) ? 0 : 1;
    }
  }

  /** One run, killed so many times; returns its last line. */
  private String whole(String name, int killsWanted) throws IOException, InterruptedException {
    Path checkpoints = directory.resolve(name);
    int said = 0;
    for (int k = 0; ; k++) {
      Path report = directory.resolve(name + "-" + k + ".txt");
      Process child =
          Reports.start(
              TrainingChild.class,
              directory.resolve(name + "-" + k + ".log"),
              report.toString(),
              checkpoints.toString());
      boolean kill = k < killsWanted;
      int room = Math.max(1, (STEPS - said) / (killsWanted - k + 1));
      int until = said + 1 + random.nextInt(room);
      if (kill) {
        try {
          while (child.isAlive() && last(report, "step") < until) {
            Thread.sleep(1);
          }
          Thread.sleep(random.nextInt(12));
        } finally {
          child.destroyForcibly().waitFor(); // SIGKILL
        }
      } else {
        Reports.await(child, report, 120_000, 60_000);
      }
      List<String> lines = Reports.lines(report);
      int begin = last(report, "begin");
      if (begin < 0) {
        throw new IllegalStateException("the child did not begin, see " + report + " and its log");
      }
      stepsLost += Math.max(0, said - begin);
      said = Math.max(said, last(report, "step"));
      kills += kill ? 1 : 0;
      String end = lines.get(lines.size() - 1);
      if (end.startsWith("end")) {
        return end;
      }
      if (!kill) {
        throw new IllegalStateException("the child did not end, see " + report + " and its log");
      }
    }
  }

  /** The number of the last line with this word; -1 if there is none. */
  private static int last(Path report, String word) throws IOException {
    int number = -1;
    if (Files.exists(report)) {
      for (String line : Files.readAllLines(report)) {
        if (line.startsWith(word + " ")) {
          number = Integer.parseInt(line.substring(word.length() + 1));
        }
      }
    }
    return number;
  }

  /** Counts, for the figure. */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "kill-train");
    json.put("kills", kills);
    json.put("runs", runs);
    json.put("runs_that_end_differently", different);
    json.put("finished_steps_lost", stepsLost);
    return json;
  }
}
