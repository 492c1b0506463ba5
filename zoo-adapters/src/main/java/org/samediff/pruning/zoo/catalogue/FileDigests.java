package org.samediff.pruning.zoo.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.Adler32;
import java.util.zip.CheckedInputStream;

/** Both digests of a file, taken in one reading. */
record FileDigests(long adler32, String sha256) {
  private static final int BUFFER = 1 << 16;

  static FileDigests of(Path file) throws IOException {
    Adler32 adler = new Adler32();
    MessageDigest sha = sha256Digest();
    try (InputStream in =
        new DigestInputStream(new CheckedInputStream(Files.newInputStream(file), adler), sha)) {
      byte[] buffer = new byte[BUFFER];
      while (in.read(buffer) >= 0) {
        // the streams count what passes
      }
    }
    return new FileDigests(adler.getValue(), HexFormat.of().formatHex(sha.digest()));
  }

  private static MessageDigest sha256Digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
