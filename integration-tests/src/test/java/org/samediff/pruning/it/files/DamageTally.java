package org.samediff.pruning.it.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.samediff.pruning.bench.Cycle;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.model.ModelFiles;

/** Damages whole models by seed, has children load them, and counts what came of it. */
final class DamageTally {
  static final long PATIENCE_MS = 5000;
  private static final long START_MS = 120_000;

  private final Path directory;
  long files;
  long deaths;
  long hangs;
  long foreign;

  /** With the manifest beside: anything but the refusal for its digest. */
  long seenByDigestNot;

  /** Without it: refused, by code. */
  final Map<String, Long> refused = new TreeMap<>();

  /** Without it: loaded, and the graph is the whole one's. */
  long harmless;

  /** Without it: loaded with other values, which nothing but a digest can see. */
  long otherValues;

  /** Of those, by kind of damage. */
  final Map<Damage, Long> otherByKind = new TreeMap<>();

  long slowestMs;
  final List<String> bad = new ArrayList<>();

  DamageTally(Path directory) {
    this.directory = directory;
  }

  /** Saves whole models: a trained network with its state, and one as it is deployed. */
  static void saveModels(Path directory) throws IOException {
    Files.createDirectories(directory);
    for (int i = 0; i < 2; i++) {
      var sd = SmallNet.build(i);
      sd.fit(new Cycle(SmallNet.data(i, 2, 4)), 1);
      ModelFiles.save(sd, directory.resolve(i + ".fb"), i == 0);
    }
  }

  void run(long from, long to) throws IOException, InterruptedException {
    long next = from;
    while (next < to) {
      Path report = directory.resolve("report" + next + ".txt");
      Process child =
          Reports.start(
              DamageChild.class,
              directory.resolve("child" + next + ".log"),
              report.toString(),
              directory.toString(),
              String.valueOf(next),
              String.valueOf(to));
      Reports.End end = Reports.await(child, report, START_MS, PATIENCE_MS);
      next = read(report, end, next, to);
    }
  }

  private long read(Path report, Reports.End end, long first, long to) throws IOException {
    long open = -1;
    for (String line : Reports.lines(report)) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "start" -> open = Long.parseLong(words[1]);
        case "done" -> {
          add(open, words[2], words[3], Long.parseLong(words[4]));
          open = -1;
        }
        default -> {
          return to; // "end"
        }
      }
    }
    if (open < 0) {
      throw new IllegalStateException("the child failed between files, see " + report);
    }
    files++;
    if (end.hung()) {
      hangs++;
    } else {
      deaths++;
    }
    bad.add(open + " " + Damage.of(open) + " " + end);
    return Math.max(open, first) + 1;
  }

  private void add(long seed, String withManifest, String without, long ms) {
    files++;
    slowestMs = Math.max(slowestMs, ms);
    if (!withManifest.equals(PruningException.Code.DIGEST_MISMATCH.name())) {
      seenByDigestNot++;
      bad.add(seed + " " + Damage.of(seed) + " with manifest: " + withManifest);
    }
    if (without.startsWith("foreign")) {
      foreign++;
      bad.add(seed + " " + Damage.of(seed) + " " + without);
    } else if (without.equals("same")) {
      harmless++;
    } else if (without.equals("other")) {
      otherValues++;
      otherByKind.merge(Damage.of(seed), 1L, Long::sum);
    } else {
      refused.merge(without, 1L, Long::sum);
    }
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "damage");
    json.put("files", files);
    json.put("deaths", deaths);
    json.put("hangs", hangs);
    json.put("foreign_exceptions", foreign);
    json.put("with_manifest_not_refused", seenByDigestNot);
    json.put("without_manifest_refused", refused);
    json.put("without_manifest_same_graph", harmless);
    json.put("without_manifest_other_values", otherValues);
    json.put("other_values_by_kind", otherByKind);
    json.put("slowest_ms", slowestMs);
    return json;
  }
}
