package org.samediff.pruning.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.graph.FlatGraph;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.TrainingState;
import org.samediff.pruning.ops.GradientMask;
import org.samediff.pruning.ops.TrainableBatchNorm;

/**
 * Saves and loads SameDiff models so that a save that fails, or is cut off at any point, leaves the
 * model that was there, and a file that was damaged is refused instead of ending the JVM.
 *
 * <p>A model is a plain SameDiff file. Beside it lies a {@link Manifest} with its digest; updater
 * state that does not fit into the file, which FlatBuffers limits to 1 GiB, lies in a file of its
 * own, which the manifest names. One process at a time may save to a path; different paths need no
 * care. Thread safe.
 */
public final class ModelFiles {
  private ModelFiles() {}

  /** {@link #save(SameDiff, Path, boolean, Provenance)} without provenance. */
  public static void save(SameDiff sd, Path file, boolean withUpdaterState) {
    save(sd, file, withUpdaterState, Provenance.NONE);
  }

  /**
   * Saves a graph: everything is written beside its place, forced to disk, read back and checked,
   * and only then renamed over what was there.
   *
   * @param withUpdaterState whether training may go on from the file with its momentum
   * @throws PruningException IO, TOO_LARGE, OUT_OF_MEMORY, NON_FINITE, DAMAGED_GRAPH, or
   *     NOT_ADMITTED for an array that ND4J would not read back as it was; the model that was there
   *     before is intact then
   */
  public static void save(SameDiff sd, Path file, boolean withUpdaterState, Provenance provenance) {
    try {
      new ModelSave(FileOps.REAL, ModelSave.FLATBUFFERS_LIMIT)
          .save(sd, file, withUpdaterState, provenance);
    } catch (OutOfMemoryError e) {
      throw Faults.outOfMemory("saving \"" + file + "\"", e);
    }
  }

  /**
   * Writes any file the way models are saved.
   *
   * @throws PruningException IO; a file that was there before is intact then
   */
  public static void write(Path file, byte[] content) {
    try (PendingFile pending =
        PendingFile.write(FileOps.REAL, file, sink -> sink.write(ByteBuffer.wrap(content)))) {
      pending.publish();
    }
  }

  /** {@link #load(Path, LoadOptions)} with {@link LoadOptions#DEFAULT}. */
  public static SameDiff load(Path file) {
    return load(file, LoadOptions.DEFAULT);
  }

  /**
   * Loads a SameDiff model from a file that need not be trusted. The file is read once; its digest
   * is compared to its manifest's if there is one, its structure and meaning are checked in Java,
   * and only then SameDiff makes a graph of it.
   *
   * <p>Without a manifest a file whose weights or attributes were changed to other valid ones
   * cannot be told from a good one.
   *
   * @throws PruningException IO, NO_MANIFEST, DIGEST_MISMATCH, TOO_LARGE, BAD_FILE, UNKNOWN_OP,
   *     FORBIDDEN_CLASS, NOT_ADMITTED, DAMAGED_GRAPH or OUT_OF_MEMORY
   */
  public static SameDiff load(Path file, LoadOptions options) {
    try {
      byte[] bytes = read(file, options);
      Optional<Manifest.Model> model = requireDigest(file, bytes, options);
      SameDiff sd = decode(bytes, options);
      if (options.updaterState() && model.flatMap(Manifest.Model::state).isPresent()) {
        loadState(sd, file, model.get().state().get());
      }
      return sd;
    } catch (OutOfMemoryError e) {
      throw Faults.outOfMemory("loading \"" + file + "\"", e);
    }
  }

  private static byte[] read(Path file, LoadOptions options) {
    try {
      long size = Files.size(file);
      if (size > options.limits().fileBytes()) {
        throw new PruningException(
            Code.TOO_LARGE,
            String.format(
                Locale.ROOT,
                "\"%s\" has %d bytes, and the limit is %d; raise it in Limits if you trust the file",
                file,
                size,
                options.limits().fileBytes()));
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new PruningException(Code.IO, "cannot read \"" + file + "\": " + e, e);
    }
  }

  private static Optional<Manifest.Model> requireDigest(
      Path file, byte[] bytes, LoadOptions options) {
    Optional<Manifest> manifest = Manifest.beside(file);
    if (manifest.isEmpty()) {
      if (options.strict()) {
        throw new PruningException(
            Code.NO_MANIFEST,
            "there is no \""
                + Manifest.pathFor(file)
                + "\", and without it nothing proves that the model is the one that was saved. Save it"
                + " with ModelFiles.save, or load it without requiringManifest()");
      }
      return Optional.empty();
    }
    String sha256 = Sha256.hex(ByteBuffer.wrap(bytes));
    Optional<Manifest.Model> model = manifest.get().matching(sha256);
    if (model.isEmpty()) {
      Manifest.FileEntry expected = manifest.get().model().file();
      throw new PruningException(
          Code.DIGEST_MISMATCH,
          String.format(
              Locale.ROOT,
              "\"%s\" has %d bytes and SHA-256 %s, and its manifest says %d and %s: the file is damaged"
                  + " or not the one that was saved. Take another copy, or remove the manifest if you"
                  + " mean this file",
              file,
              bytes.length,
              sha256,
              expected.bytes(),
              expected.sha256()));
    }
    return model;
  }

  private static SameDiff decode(byte[] bytes, LoadOptions options) {
    require(ByteBuffer.wrap(bytes), options);
    TrainableBatchNorm.register();
    GradientMask.register();
    SameDiff sd;
    try {
      sd = SameDiff.fromFlatBuffers(ByteBuffer.wrap(bytes), options.updaterState());
    } catch (IOException | RuntimeException | StackOverflowError | AssertionError e) {
      throw Faults.badFile("SameDiff cannot read it: " + e, e);
    }
    GraphVerifier.require(sd);
    return sd;
  }

  /** Every check that needs nothing but the bytes. */
  static void require(ByteBuffer file, LoadOptions options) {
    StructureCheck.require(file, options.limits());
    try {
      GraphCheck.require(FlatGraph.getRootAsFlatGraph(file.slice()), options);
    } catch (PruningException e) {
      throw e;
    } catch (RuntimeException e) {
      throw Faults.badFile("its parts do not fit together: " + e, e);
    }
  }

  private static void loadState(SameDiff sd, Path model, Manifest.FileEntry entry) {
    if (sd.getTrainingConfig() == null) {
      throw Faults.badFile("it has updater state and no training configuration");
    }
    Path file = model.resolveSibling(entry.name());
    try (ArrayReader reader = ArrayReader.open(file)) {
      TrainingState.initialize(sd);
      TrainingState.arrays(sd).forEach(reader::readInto);
    }
  }
}
