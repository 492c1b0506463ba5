package org.samediff.pruning.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * A file that is complete, on disk and read back, but not yet under its name: {@link #publish}
 * renames it over what was there, {@link #close} without that removes it.
 */
final class PendingFile implements AutoCloseable {
  /** What a file holds; called once. */
  interface Content {
    void writeTo(Sink sink) throws IOException;
  }

  /** Takes bytes in, in pieces: a heap buffer is copied off the heap before it is written. */
  static final class Sink {
    private static final int PIECE = 1 << 20;

    private final FileOps ops;
    private final FileChannel channel;
    private final Sha256 digest = new Sha256();

    Sink(FileOps ops, FileChannel channel) {
      this.ops = ops;
      this.channel = channel;
    }

    /** Writes what remains in the buffer. */
    void write(ByteBuffer bytes) throws IOException {
      ByteBuffer rest = bytes.duplicate();
      while (rest.hasRemaining()) {
        ByteBuffer piece = rest.duplicate();
        piece.limit(Math.min(rest.limit(), rest.position() + PIECE));
        digest.update(piece.duplicate());
        rest.position(piece.limit());
        ops.write(channel, piece);
      }
    }

    /** SHA-256 of what was written so far. */
    byte[] digestSoFar() {
      return digest.soFar();
    }
  }

  private static final AtomicLong COUNTER = new AtomicLong();

  private final FileOps ops;
  private final Path target;
  private final Path temporary;
  private String sha256 = "";
  private long bytes;
  private boolean done;

  private PendingFile(FileOps ops, Path target) {
    this.ops = ops;
    this.target = target.toAbsolutePath();
    temporary =
        this.target.resolveSibling(
            prefix(this.target)
                + ProcessHandle.current().pid()
                + "-"
                + COUNTER.incrementAndGet()
                + ".tmp");
  }

  /**
   * Writes a file beside its place, forces it to disk and reads it back.
   *
   * @throws PruningException IO naming the step that failed; nothing is left behind then
   */
  static PendingFile write(FileOps ops, Path target, Content content) {
    PendingFile file = new PendingFile(ops, target);
    boolean ok = false;
    try {
      file.removeLeftovers();
      file.fill(content);
      ok = true;
      return file;
    } finally {
      if (!ok) {
        file.close();
      }
    }
  }

  private void fill(Content content) {
    String step = "create";
    try (FileChannel channel = ops.create(temporary)) {
      step = "write";
      Sink sink = new Sink(ops, channel);
      content.writeTo(sink);
      bytes = sink.digest.bytes();
      sha256 = sink.digest.hex();
      step = "force to disk";
      ops.force(channel);
    } catch (IOException e) {
      throw failed(step, e);
    }
    try (FileChannel channel = ops.open(temporary)) {
      Sha256 read = Sha256.of(channel);
      if (read.bytes() != bytes || !read.hex().equals(sha256)) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "%d bytes were written, and other ones, %d, are read back",
                bytes,
                read.bytes()));
      }
    } catch (IOException e) {
      throw failed("read back", e);
    }
  }

  /**
   * Renames the file over its target.
   *
   * @throws PruningException IO; the target is what it was then, unless the message says otherwise
   */
  void publish() {
    try {
      ops.move(temporary, target);
    } catch (IOException e) {
      throw failed("rename", e);
    }
    done = true;
    try {
      ops.syncDirectory(target.getParent());
    } catch (IOException e) {
      throw new PruningException(
          Code.IO,
          "\""
              + target
              + "\" is complete and in place, but its directory could not be forced to disk ("
              + e
              + "): after a power loss the file that was there before may be back. Save again",
          e);
    }
  }

  /** True once the file is under its name. */
  boolean published() {
    return done;
  }

  /** SHA-256 of the whole file, in hexadecimal. */
  String sha256() {
    return sha256;
  }

  /** Size of the file. */
  long bytes() {
    return bytes;
  }

  /** Removes the file unless it is published. */
  @Override
  public void close() {
    if (!done) {
      try {
        ops.delete(temporary);
      } catch (IOException e) {
        // the next save of the same file tries again
      }
    }
  }

  /** Temporary files of this target whose process is gone. */
  private void removeLeftovers() {
    Path directory = target.getParent();
    String prefix = prefix(target);
    try (DirectoryStream<Path> all =
        Files.newDirectoryStream(
            directory,
            p -> {
              String name = p.getFileName().toString();
              return name.startsWith(prefix) && name.endsWith(".tmp");
            })) {
      for (Path p : all) {
        String name = p.getFileName().toString().substring(prefix.length());
        if (name.matches("\\d{1,18}-\\d{1,18}\\.tmp")
            && ProcessHandle.of(Long.parseLong(name.substring(0, name.indexOf('-')))).isEmpty()) {
          ops.delete(p);
        }
      }
    } catch (IOException | RuntimeException e) {
      // only tidying up: what stands in the way of writing is told when writing
    }
  }

  private static String prefix(Path target) {
    return "." + target.getFileName() + ".";
  }

  private PruningException failed(String step, IOException e) {
    return new PruningException(
        Code.IO,
        "cannot save \""
            + target
            + "\": it could not "
            + step
            + " "
            + (step.equals("rename") ? "the finished file to its name" : temporary.getFileName())
            + ": "
            + e
            + ". What was there before is intact. Check that the directory exists, is writable and has"
            + " room, and save again",
        e);
  }
}
