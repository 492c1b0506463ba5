package org.samediff.pruning.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A SHA-256 digest under way, which counts what it has seen. */
final class Sha256 {
  static final int LENGTH = 32;

  private static final int PIECE = 1 << 18;

  private final MessageDigest digest = instance();
  private long bytes;

  private static MessageDigest instance() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Of what remains in a buffer, which is not moved on. */
  static String hex(ByteBuffer buffer) {
    Sha256 sha = new Sha256();
    sha.update(buffer.duplicate());
    return sha.hex();
  }

  /** Of a file from the channel's position to its end. */
  static Sha256 of(FileChannel channel) throws IOException {
    return of(channel, Long.MAX_VALUE);
  }

  /** Of at most so many bytes from the channel's position. */
  static Sha256 of(FileChannel channel, long limit) throws IOException {
    Sha256 sha = new Sha256();
    ByteBuffer piece = ByteBuffer.allocate(PIECE);
    while (sha.bytes < limit) {
      piece.clear().limit((int) Math.min(PIECE, limit - sha.bytes));
      if (channel.read(piece) < 0) {
        break;
      }
      sha.update(piece.flip());
    }
    return sha;
  }

  void update(ByteBuffer buffer) {
    bytes += buffer.remaining();
    digest.update(buffer);
  }

  long bytes() {
    return bytes;
  }

  byte[] soFar() {
    try {
      return ((MessageDigest) digest.clone()).digest();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("SHA-256 of the Java platform can be cloned", e);
    }
  }

  String hex() {
    return HexFormat.of().formatHex(soFar());
  }
}
