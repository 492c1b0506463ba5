package org.samediff.pruning.zoo.catalogue;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.samediff.pruning.zoo.modelfile.ModelFileException;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/**
 * One transfer over HTTP, which goes on where an earlier one broke off.
 *
 * @param part where the bytes go, and stay if the transfer breaks off
 * @param file what they are of, for messages
 */
record Download(URI source, Path part, Path file, Duration timeout) {
  private static final int BUFFER = 1 << 16;
  private static final int RANGE_NOT_SATISFIABLE = 416;

  /** Larger than any file of the zoo; a server may not fill the disk. */
  private static final long MOST_BYTES = 4L << 30;

  /**
   * @throws ModelFileException OFFLINE or DOWNLOAD_FAILED
   */
  void run() throws IOException {
    try (FileChannel out =
            FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = lock(out)) {
      if (lock == null) {
        throw inUse();
      }
      transfer(out, out.size());
    }
  }

  private FileLock lock(FileChannel out) throws IOException {
    try {
      return out.tryLock();
    } catch (OverlappingFileLockException e) {
      throw inUse();
    }
  }

  private ModelFileException inUse() {
    return new ModelFileException(
        Code.DOWNLOAD_FAILED, "\"" + file + "\" is being fetched elsewhere; wait for it to end");
  }

  private void transfer(FileChannel out, long start) throws IOException {
    HttpURLConnection connection = connect(start);
    try {
      int status = connection.getResponseCode();
      if (status == RANGE_NOT_SATISFIABLE && start > 0) {
        if (("bytes */" + start).equals(connection.getHeaderField("Content-Range"))) {
          return; // an earlier transfer ended, but was not moved into place
        }
        out.truncate(0); // longer than the file: of something else
        transfer(out, 0);
        return;
      }
      boolean resumed = status == HttpURLConnection.HTTP_PARTIAL;
      if (!resumed && status != HttpURLConnection.HTTP_OK) {
        throw failed("the server answered with status " + status, null);
      }
      if (resumed && !goesOnAt(connection, start)) {
        throw failed("the server sent another range than was asked for", null);
      }
      out.truncate(resumed ? start : 0).position(resumed ? start : 0);
      copy(connection, out);
    } finally {
      connection.disconnect();
    }
  }

  private HttpURLConnection connect(long start) throws IOException {
    if (!(source.toURL().openConnection() instanceof HttpURLConnection connection)) {
      throw failed("the address is no http or https address", null);
    }
    connection.setConnectTimeout((int) timeout.toMillis());
    connection.setReadTimeout((int) timeout.toMillis());
    connection.setRequestProperty("Accept-Encoding", "identity");
    if (start > 0) {
      connection.setRequestProperty("Range", "bytes=" + start + "-");
    }
    try {
      connection.connect();
      connection.getResponseCode();
      return connection;
    } catch (UnknownHostException
        | ConnectException
        | NoRouteToHostException
        | SocketTimeoutException e) {
      throw new ModelFileException(
          Code.OFFLINE,
          String.format(
              "\"%s\" is not there and %s cannot be reached (%s). Put the file there yourself, or"
                  + " name another server with -Dorg.deeplearning4j.resources.baseurl=URL",
              file, source, e.getMessage()),
          e);
    } catch (IOException e) {
      throw failed(e.getMessage(), e);
    }
  }

  private static boolean goesOnAt(HttpURLConnection connection, long start) {
    String range = connection.getHeaderField("Content-Range");
    return range != null && range.startsWith("bytes " + start + "-");
  }

  private void copy(HttpURLConnection connection, FileChannel out) throws IOException {
    long announced = connection.getContentLengthLong();
    long total = announced < 0 ? -1 : out.position() + announced;
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = connection.getInputStream()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (out.position() + n > MOST_BYTES) {
          throw failed("it is larger than " + MOST_BYTES + " bytes", null);
        }
        out.write(ByteBuffer.wrap(buffer, 0, n));
      }
    } catch (IOException e) {
      throw failed("it broke off after " + out.position() + " bytes: " + e.getMessage(), e);
    }
    if (total >= 0 && out.position() < total) {
      throw failed("it broke off after " + out.position() + " of " + total + " bytes", null);
    }
  }

  private ModelFileException failed(String reason, Throwable cause) {
    return new ModelFileException(
        Code.DOWNLOAD_FAILED,
        String.format(
            "fetching %s failed: %s. What has arrived is in \"%s\"; call again to go on",
            source, reason, part),
        cause);
  }
}
