package org.samediff.pruning.latency;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.jackson.databind.JsonNode;
import org.nd4j.shade.jackson.databind.ObjectMapper;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.samediff.pruning.channels.OpWork;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measurements as files, one for each graph, machine, number of threads and batch. A file that
 * cannot be read, or is not of this key, is as none: it is measured again.
 */
final class LatencyCache {
  private static final Logger log = LoggerFactory.getLogger(LatencyCache.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final int LARGEST_FILE = 16 << 20;

  private final Path file;
  private final String key;

  /**
   * For one graph on this machine.
   *
   * @param graph text that tells graphs apart
   */
  LatencyCache(Path directory, String graph, int batch) {
    key = String.join("\n", machine(), "batch " + batch, "graph " + digest(graph));
    file = directory.resolve("latency-" + digest(key).substring(0, 16) + ".json");
  }

  Path file() {
    return file;
  }

  Optional<Map<String, OpWork.Time>> read() {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > LARGEST_FILE) {
        return Optional.empty();
      }
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      return key.equals(root.path("key").asText()) ? times(root.path("ops")) : Optional.empty();
    } catch (IOException e) {
      log.warn("pruning: {} cannot be read, measuring again: {}", file, e.toString());
      return Optional.empty();
    }
  }

  private static Optional<Map<String, OpWork.Time>> times(JsonNode ops) {
    Map<String, OpWork.Time> times = new LinkedHashMap<>();
    for (Iterator<Map.Entry<String, JsonNode>> i = ops.fields(); i.hasNext(); ) {
      Map.Entry<String, JsonNode> e = i.next();
      double[] time = new double[3];
      for (int k = 0; k < time.length; k++) {
        time[k] = e.getValue().path(k).asDouble(-1);
        if (!(time[k] >= 0 && time[k] < Double.POSITIVE_INFINITY)) {
          return Optional.empty();
        }
      }
      times.put(e.getKey(), new OpWork.Time(time[0], time[1], time[2]));
    }
    return times.isEmpty() ? Optional.empty() : Optional.of(times);
  }

  /** A cache that cannot be written costs time, no result. */
  void write(Map<String, OpWork.Time> times) {
    ObjectNode root = JSON.createObjectNode();
    root.put("key", key);
    root.put("unit", "ns: fixed, per element of the output, per multiply-accumulate");
    ObjectNode ops = root.putObject("ops");
    times.forEach(
        (op, t) -> ops.putArray(op).add(t.fixed()).add(t.perElement()).add(t.perProduct()));
    try {
      Files.createDirectories(file.getParent());
      Path temporary = Files.createTempFile(file.getParent(), "latency-", ".tmp");
      try {
        Files.write(temporary, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
        Files.move(
            temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      log.warn("pruning: latencies are not kept in {}: {}", file, e.toString());
    }
  }

  private static String machine() {
    String cpu = System.getProperty("os.arch");
    try {
      cpu =
          Files.readAllLines(CPU).stream()
              .filter(l -> l.startsWith("model name"))
              .findFirst()
              .orElse(cpu);
    } catch (IOException e) {
      log.debug("no {}", CPU, e); // not Linux
    }
    return String.join(
        "\n",
        cpu,
        "processors " + Runtime.getRuntime().availableProcessors(),
        "threads " + Nd4j.getEnvironment().maxThreads(),
        "backend " + Nd4j.getBackend().getClass().getName(),
        "nd4j " + Nd4j.class.getPackage().getImplementationVersion());
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
