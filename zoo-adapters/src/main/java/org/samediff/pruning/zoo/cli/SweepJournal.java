package org.samediff.pruning.zoo.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.zoo.run.CriteriaSweep.Outcome;

/**
 * A text file that a sweep can be gone on with: the first line says which sweep, each further one
 * is an outcome, written as soon as it is known.
 */
record SweepJournal(Path file, String sweep) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What is known already. A last line that was being written when the process died is dropped.
   *
   * @throws PruningException CHECKPOINT_MISMATCH if the file is of another sweep; BAD_FILE
   */
  List<Outcome> outcomes() throws IOException {
    List<Outcome> outcomes = new ArrayList<>();
    if (!Files.exists(file)) {
      return outcomes;
    }
    String text = Files.readString(file);
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.get(0).equals(sweep)) {
      throw new PruningException(
          Code.CHECKPOINT_MISMATCH,
          "\""
              + file
              + "\" holds outcomes of another sweep than this one, "
              + sweep
              + "; give the same options as then, remove it, or name another with --journal");
    }
    int whole = text.endsWith("\n") ? lines.size() : lines.size() - 1;
    for (String line : lines.subList(1, Math.max(1, whole))) {
      try {
        outcomes.add(JSON.readValue(line, Outcome.class));
      } catch (JsonProcessingException e) {
        throw new PruningException(
            Code.BAD_FILE, "\"" + file + "\" is no journal of a sweep: " + e.getOriginalMessage());
      }
    }
    if (whole < lines.size()) {
      String kept = String.join("\n", lines.subList(0, whole)) + "\n";
      ModelFiles.write(file, kept.getBytes(StandardCharsets.UTF_8));
    }
    return outcomes;
  }

  /** Adds an outcome; it is on disk when this returns. */
  void add(Outcome outcome) throws IOException {
    String first = Files.exists(file) ? "" : sweep + "\n";
    Files.write(
        file,
        (first + JSON.writeValueAsString(outcome) + "\n").getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND,
        StandardOpenOption.DSYNC);
  }

  /** The sweep is done and its outcomes are told. */
  void remove() throws IOException {
    Files.deleteIfExists(file);
  }
}
