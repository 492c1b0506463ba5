package org.samediff.pruning.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** A file system whose n-th call of one step fails. */
class FailingOps extends FileOps {
  enum Step {
    CREATE,
    WRITE,
    /** Writes half, as a full disk does. */
    WRITE_HALF,
    /** Writes something else without a word. */
    WRITE_WRONG,
    FORCE,
    OPEN,
    MOVE,
    SYNC
  }

  private final Step step;
  private int left;

  FailingOps(Step step, int call) {
    this.step = step;
    left = call;
  }

  /** True if the call that was to fail has come. */
  boolean failed() {
    return left <= 0;
  }

  private boolean now(Step s) {
    return s == step && --left == 0;
  }

  private void failAt(Step s) throws IOException {
    if (now(s)) {
      throw new IOException("injected at " + s);
    }
  }

  @Override
  FileChannel create(Path file) throws IOException {
    failAt(Step.CREATE);
    return super.create(file);
  }

  @Override
  void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    failAt(Step.WRITE);
    if (now(Step.WRITE_HALF)) {
      bytes.limit(bytes.position() + bytes.remaining() / 2);
      super.write(channel, bytes);
      throw new IOException("No space left on device");
    }
    if (now(Step.WRITE_WRONG)) {
      ByteBuffer other = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
      other.put(0, (byte) (other.get(0) ^ 1));
      super.write(channel, other);
      return;
    }
    super.write(channel, bytes);
  }

  @Override
  void force(FileChannel channel) throws IOException {
    failAt(Step.FORCE);
    super.force(channel);
  }

  @Override
  FileChannel open(Path file) throws IOException {
    failAt(Step.OPEN);
    return super.open(file);
  }

  @Override
  void move(Path from, Path to) throws IOException {
    failAt(Step.MOVE);
    super.move(from, to);
  }

  @Override
  void syncDirectory(Path directory) throws IOException {
    failAt(Step.SYNC);
    super.syncDirectory(directory);
  }
}
