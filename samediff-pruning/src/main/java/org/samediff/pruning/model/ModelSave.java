package org.samediff.pruning.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.shade.jackson.databind.node.ObjectNode;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.TrainingState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One save of a model. The order is such that the model under the name is whole at every moment and
 * the manifest knows its digest: updater state under a name of its own, a manifest that knows the
 * old model and the new one, the model, a manifest that knows the new one only; then the old
 * model's state goes.
 */
final class ModelSave {
  /** FlatBuffers 1.12 doubles its buffer up to 1 GiB and fails beyond. */
  static final long FLATBUFFERS_LIMIT = 1L << 30;

  /** Room for names, attributes and tables. */
  private static final double ROOM = 0.98;

  private static final Logger log = LoggerFactory.getLogger(ModelSave.class);

  private final FileOps ops;
  private final long limit;

  ModelSave(FileOps ops, long limit) {
    this.ops = ops;
    this.limit = limit;
  }

  void save(SameDiff sd, Path file, boolean withUpdaterState, Provenance provenance) {
    GraphVerifier.require(sd);
    requireFinite(sd);
    Path target = file.toAbsolutePath();
    List<PendingFile> pending = new ArrayList<>();
    try {
      save(sd, target, withUpdaterState, provenance, pending);
    } catch (OutOfMemoryError e) {
      throw Faults.outOfMemory("saving \"" + file + "\"", e);
    } finally {
      pending.forEach(PendingFile::close);
    }
  }

  private void save(
      SameDiff sd,
      Path target,
      boolean withUpdaterState,
      Provenance provenance,
      List<PendingFile> pending) {
    Map<String, INDArray> state =
        withUpdaterState && sd.isInitializedTraining() ? TrainingState.arrays(sd) : Map.of();
    long weights = bytes(GraphView.of(sd));
    long both = weights + state.values().stream().mapToLong(ModelSave::bytes).sum();
    boolean apart = !state.isEmpty() && both > ROOM * limit;
    ByteBuffer graph = encode(sd, withUpdaterState && !apart, weights);
    // what is read back from disk is this, by digest: what is checked here can be loaded
    ModelFiles.require(graph, LoadOptions.DEFAULT.allowing(ownClasses(sd)));
    ArrayFile.Entries beside = new ArrayFile.Entries();
    if (apart) {
      state.forEach(beside::add);
    }
    store(target, graph, beside, variables(sd), provenance.withVersions(), pending);
  }

  /**
   * The order of a save.
   *
   * @param state the updater state that lies in a file of its own; empty if none does
   */
  void store(
      Path target,
      ByteBuffer graph,
      ArrayFile.Entries state,
      List<String> variables,
      Provenance provenance,
      List<PendingFile> pending) {
    PendingFile model = keep(pending, PendingFile.write(ops, target, sink -> sink.write(graph)));
    Optional<PendingFile> stateFile = Optional.empty();
    Optional<Manifest.FileEntry> stateEntry = Optional.empty();
    if (!state.isEmpty()) {
      String name = target.getFileName() + "." + model.sha256().substring(0, 12) + ".state";
      ObjectNode header = Json.MAPPER.createObjectNode().put("format", "updater-state");
      PendingFile written =
          keep(pending, ArrayFile.write(ops, target.resolveSibling(name), header, state));
      stateFile = Optional.of(written);
      stateEntry = Optional.of(new Manifest.FileEntry(name, written.bytes(), written.sha256()));
    }
    String name = target.getFileName().toString();
    Manifest.Model now =
        new Manifest.Model(new Manifest.FileEntry(name, model.bytes(), model.sha256()), stateEntry);
    Optional<Manifest.Model> before = current(target);
    Path manifest = Manifest.pathFor(target);
    PendingFile handover =
        keep(pending, write(manifest, new Manifest(now, before, variables, provenance)));
    PendingFile last =
        keep(pending, write(manifest, new Manifest(now, Optional.empty(), variables, provenance)));

    stateFile.ifPresent(PendingFile::publish);
    handover.publish();
    replace(model, before.isEmpty() ? manifest : null);
    last.publish();
    before.flatMap(Manifest.Model::state).ifPresent(old -> deleteState(target, old, now));
  }

  /** Without a model before, a manifest would speak of nothing when the rename fails. */
  private void replace(PendingFile model, @Nullable Path newManifest) {
    boolean ok = false;
    try {
      model.publish();
      ok = true;
    } finally {
      if (!ok && newManifest != null && !model.published()) {
        quietlyDelete(newManifest);
      }
    }
  }

  private static PendingFile keep(List<PendingFile> pending, PendingFile file) {
    pending.add(file);
    return file;
  }

  private PendingFile write(Path file, Manifest manifest) {
    ByteBuffer bytes = ByteBuffer.wrap(manifest.toBytes());
    return PendingFile.write(ops, file, sink -> sink.write(bytes));
  }

  /** What is under the name now, whoever saved it; nothing if that cannot be read. */
  private Optional<Manifest.Model> current(Path target) {
    try (FileChannel channel = ops.open(target)) {
      Sha256 sha = Sha256.of(channel);
      Manifest.Model plain =
          new Manifest.Model(
              new Manifest.FileEntry(target.getFileName().toString(), sha.bytes(), sha.hex()),
              Optional.empty());
      return Optional.of(Manifest.beside(target).flatMap(m -> m.matching(sha.hex())).orElse(plain));
    } catch (IOException | PruningException e) {
      return Optional.empty();
    }
  }

  private void deleteState(Path target, Manifest.FileEntry old, Manifest.Model now) {
    if (now.state().map(s -> s.name().equals(old.name())).orElse(false)) {
      return;
    }
    quietlyDelete(target.resolveSibling(old.name()));
  }

  /** For what nothing needs any more: at worst it is in the way. */
  private void quietlyDelete(Path file) {
    try {
      ops.delete(file);
    } catch (IOException e) {
      log.warn("{} is not needed any more and cannot be removed: {}", file, e.toString());
    }
  }

  private ByteBuffer encode(SameDiff sd, boolean withState, long weights) {
    if (weights > ROOM * limit) {
      throw tooLarge(weights, null);
    }
    try {
      return sd.asFlatBuffers(withState);
    } catch (AssertionError e) {
      throw tooLarge(weights, e);
    }
  }

  private PruningException tooLarge(long weights, Throwable cause) {
    return new PruningException(
        Code.TOO_LARGE,
        String.format(
            Locale.ROOT,
            "the weights take %d bytes, and SameDiff's format in ND4J 1.0.0-M2.1 ends at %d. Save a"
                + " checkpoint of the pruning run, which has no such limit, or prune further",
            weights,
            limit),
        cause);
  }

  private static void requireFinite(SameDiff sd) {
    Optional<String> broken = GraphVerifier.nonFinite(sd);
    if (broken.isPresent()) {
      throw new PruningException(
          Code.NON_FINITE,
          "variable \""
              + broken.get()
              + "\" holds NaN or infinity, and is not saved over what may be a good model. Go back to"
              + " the last checkpoint");
    }
  }

  /** Whoever saves a graph with an updater of his own means it. */
  private static Set<String> ownClasses(SameDiff sd) {
    return sd.getTrainingConfig() == null
        ? Set.of()
        : TrainingConfigCheck.classes(sd.getTrainingConfig().toJson());
  }

  private static List<String> variables(SameDiff sd) {
    List<String> lines = new ArrayList<>();
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (v.stored()) {
        lines.add(v.name() + " " + v.type() + " " + v.dtype() + " " + Arrays.toString(v.shape()));
      }
    }
    return lines;
  }

  private static long bytes(GraphView view) {
    long total = 0;
    for (GraphView.Var v : view.variables()) {
      total += v.stored() ? bytes(v.array()) : 0;
    }
    return total;
  }

  private static long bytes(INDArray array) {
    return array.length() * array.dataType().width();
  }
}
