package org.samediff.pruning.model;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of checkpoints, one file {@code step-0000001234.ckpt} each. A file is written beside
 * its place, forced to disk, read back and renamed, and ends with its own digest: one that is not
 * whole is never taken for a checkpoint. Files have no size limit. One process at a time.
 */
public final class CheckpointStore {
  private static final Logger log = LoggerFactory.getLogger(CheckpointStore.class);
  private static final Pattern NAME = Pattern.compile("step-(\\d{10,18})\\.ckpt");
  private static final String ARRAY = "array:";
  private static final String NUMBERS = "numbers:";

  private final FileOps ops;
  private final Path directory;
  private final int keep;

  /**
   * For a directory, which need not exist yet.
   *
   * @param keep how many of the newest checkpoints stay, at least 1
   * @throws PruningException BAD_OPTION
   */
  public CheckpointStore(Path directory, int keep) {
    this(FileOps.REAL, directory, keep);
  }

  CheckpointStore(FileOps ops, Path directory, int keep) {
    if (keep < 1) {
      throw new PruningException(
          Code.BAD_OPTION, "at least 1 checkpoint must be kept, got " + keep);
    }
    this.ops = ops;
    this.directory = directory.toAbsolutePath();
    this.keep = keep;
  }

  /**
   * Writes a checkpoint, and removes older ones than those to keep once it is in place.
   *
   * @param facts texts by name
   * @param arrays arrays by name, read while writing
   * @param numbers lists of numbers by name
   * @throws PruningException IO, OUT_OF_MEMORY; the checkpoints that were there are intact then
   */
  public void save(
      long step,
      Map<String, String> facts,
      Map<String, INDArray> arrays,
      Map<String, double[]> numbers) {
    ArrayFile.Entries content = new ArrayFile.Entries();
    arrays.forEach((name, array) -> content.add(ARRAY + name, array));
    numbers.forEach((name, list) -> content.add(NUMBERS + name, list));
    ObjectNode header = Json.MAPPER.createObjectNode().put("format", "checkpoint");
    ObjectNode texts = header.putObject("facts");
    facts.forEach(texts::put);
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new PruningException(
          Code.IO, "cannot make the directory \"" + directory + "\" for checkpoints: " + e, e);
    }
    Path file = directory.resolve(String.format(Locale.ROOT, "step-%010d.ckpt", step));
    try (PendingFile pending = ArrayFile.write(ops, file, header, content)) {
      pending.publish();
    } catch (OutOfMemoryError e) {
      throw Faults.outOfMemory("writing the checkpoint \"" + file + "\"", e);
    }
    removeOld(step);
  }

  private void removeOld(long step) {
    files().headMap(step, true).descendingMap().values().stream()
        .skip(keep)
        .forEach(
            old -> {
              try {
                ops.delete(old);
              } catch (IOException e) {
                log.warn("the old checkpoint {} cannot be removed: {}", old, e.toString());
              }
            });
  }

  private TreeMap<Long, Path> files() {
    TreeMap<Long, Path> files = new TreeMap<>(Comparator.naturalOrder());
    if (!Files.isDirectory(directory)) {
      return files;
    }
    try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
      StreamSupport.stream(all.spliterator(), false)
          .forEach(
              file -> {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                  files.put(Long.parseLong(name.group(1)), file);
                }
              });
    } catch (IOException e) {
      throw new PruningException(Code.IO, "cannot list \"" + directory + "\": " + e, e);
    }
    return files;
  }

  /** The newest whole checkpoint, which the caller closes; empty if there is none. */
  public Optional<Stored> latest() {
    for (Map.Entry<Long, Path> e : files().descendingMap().entrySet()) {
      try {
        return Optional.of(new Stored(e.getKey(), ArrayReader.open(e.getValue())));
      } catch (PruningException damaged) {
        log.warn("a checkpoint is passed over: {}", damaged.getMessage());
      }
    }
    return Optional.empty();
  }

  /** A checkpoint that was found whole. Not thread safe. */
  public static final class Stored implements AutoCloseable {
    private final long step;
    private final ArrayReader reader;

    private Stored(long step, ArrayReader reader) {
      this.step = step;
      this.reader = reader;
    }

    /** The step after which it was taken. */
    public long step() {
      return step;
    }

    /** The text of this name; empty if there is none. */
    public String fact(String name) {
      return reader.header().path("facts").path(name).asText("");
    }

    /** Every list of numbers, by name. */
    public Map<String, double[]> numbers() {
      Map<String, double[]> numbers = new LinkedHashMap<>();
      for (String name : reader.names()) {
        if (name.startsWith(NUMBERS)) {
          numbers.put(name.substring(NUMBERS.length()), reader.numbers(name));
        }
      }
      return Collections.unmodifiableMap(numbers);
    }

    /**
     * Compares names, types and shapes of the arrays with those that are there.
     *
     * @throws PruningException CHECKPOINT_MISMATCH naming the first difference
     */
    public void requireFits(Map<String, INDArray> targets) {
      targets.forEach((name, array) -> reader.requireFits(ARRAY + name, array));
      for (String name : reader.names()) {
        if (name.startsWith(ARRAY) && !targets.containsKey(name.substring(ARRAY.length()))) {
          throw new PruningException(
              Code.CHECKPOINT_MISMATCH,
              "the checkpoint holds \"" + name + "\", which this graph does not have");
        }
      }
    }

    /** Reads each array into the one that is there. */
    public void readInto(Map<String, INDArray> targets) {
      targets.forEach((name, array) -> reader.readInto(ARRAY + name, array));
    }

    @Override
    public void close() {
      reader.close();
    }
  }
}
