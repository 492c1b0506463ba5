package org.samediff.pruning.zoo.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.RunRecorder;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.zoo.report.RunReport;
import org.samediff.pruning.zoo.report.TensorBoardListener;
import org.samediff.pruning.zoo.report.UiLogListener;
import org.samediff.pruning.zoo.run.Figures;
import org.samediff.pruning.zoo.run.PruningRun;
import org.samediff.pruning.zoo.run.RunWatch;

/** One run's report and event files, as far as they were asked for. */
final class RunOutputs implements RunWatch, Closeable {
  private final @Nullable Path page;
  private final @Nullable Path directory;
  private final @Nullable Path uiLog;
  private @Nullable RunRecorder recorder;
  private @Nullable TensorBoardListener tensorBoard;

  RunOutputs(@Nullable Path page, @Nullable Path directory, @Nullable Path uiLog) {
    this.page = page;
    this.directory = directory;
    this.uiLog = uiLog;
  }

  /** The JSON file beside a page. */
  static Path json(Path page) {
    String name = page.getFileName().toString();
    String stem = name.endsWith(".html") ? name.substring(0, name.length() - 5) : name;
    return page.resolveSibling(stem + ".json");
  }

  @Override
  public List<Listener> begin(PrunedGraph pruned, ToDoubleFunction<SameDiff> accuracy) {
    List<Listener> listeners = new ArrayList<>();
    if (directory != null) {
      tensorBoard = new TensorBoardListener(pruned, directory);
    }
    if (page != null || directory != null) {
      recorder = new RunRecorder(pruned, graph -> shown(accuracy.applyAsDouble(graph)));
      listeners.add(recorder);
    }
    if (tensorBoard != null) {
      listeners.add(tensorBoard);
    }
    if (uiLog != null) {
      listeners.add(new UiLogListener(pruned, newLog(uiLog, pruned.progress().step())));
    }
    return listeners;
  }

  /** A resumed run gets a log of its own, named after the step that it goes on from. */
  private static Path newLog(Path file, long step) {
    if (step == 0) {
      return file;
    }
    Path own = Options.withSuffix(file, "-from-" + step);
    try {
      Files.deleteIfExists(own);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return own;
  }

  private double shown(double accuracy) {
    if (tensorBoard != null) {
      tensorBoard.scalar("accuracy", accuracy);
    }
    return accuracy;
  }

  /** Writes the report, if one was asked for. */
  void write(PruningRun run, Figures f) {
    if (page == null || recorder == null) {
      return;
    }
    RunReport.Measured measured =
        new RunReport.Measured(
            f.accuracyDense(),
            f.accuracyMasked(),
            f.accuracyCompacted(),
            f.bytesBefore(),
            f.bytesAfter(),
            List.of(
                new RunReport.Latency(1, f.latencyMsBeforeBatch1(), f.latencyMsAfterBatch1()),
                new RunReport.Latency(32, f.latencyMsBefore(), f.latencyMsAfter())),
            f.trk());
    RunReport report = RunReport.of(f.network(), recorder.history(), run.compacted(), measured);
    ModelFiles.write(page, report.toHtml().getBytes(StandardCharsets.UTF_8));
    ModelFiles.write(json(page), report.toJson().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    if (tensorBoard != null) {
      tensorBoard.close();
    }
  }
}
