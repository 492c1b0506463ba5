package org.samediff.pruning.zoo.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.hash.Hashing;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.deeplearning4j.zoo.PretrainedType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.samediff.pruning.zoo.modelfile.ModelFileException;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/** Transfers from a server of our own. */
class ModelStoreTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  @TempDir Path root;

  private final byte[] content = new byte[300_000];
  private final List<String> ranges = Collections.synchronizedList(new ArrayList<>());
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private PretrainedSet set;
  private ModelStore store;
  private Path file;
  private Path part;
  private Path sidecar;
  private volatile int breakAfter;
  private volatile boolean rangesKnown;
  private volatile int status;
  private volatile CountDownLatch hold = new CountDownLatch(0);

  @BeforeEach
  void start() throws IOException {
    new Random(7).nextBytes(content);
    breakAfter = content.length;
    rangesKnown = true;
    status = 200;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/base/models/net.zip", this::serve);
    server.setExecutor(threads);
    server.start();
    set =
        new PretrainedSet(
            ZooModels.LENET,
            PretrainedType.MNIST,
            "models/net.zip",
            Hashing.adler32().hashBytes(content).padToLong(),
            Optional.empty());
    store = new ModelStore(root, base(server.getAddress().getPort()), TIMEOUT);
    file = root.resolve("models/lenet/net.zip");
    part = file.resolveSibling("net.zip.part");
    sidecar = file.resolveSibling("net.zip.sha256");
  }

  @AfterEach
  void stop() {
    hold.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  @Test
  void aMissingFileIsFetchedIntoTheFolderOfDl4j() throws IOException {
    assertThat(store.fetch(set)).isEqualTo(file).hasBinaryContent(content);
    assertThat(part).doesNotExist();
    assertThat(sidecar).hasContent(sha() + "  net.zip\n");

    server.stop(0);
    assertThat(store.fetch(set)).as("without a server").hasBinaryContent(content);
  }

  @Test
  void aTransferThatBrokeOffGoesOn() throws IOException {
    breakAfter = 100_000;
    assertFails(Code.DOWNLOAD_FAILED, "broke off after", part.toString());
    assertThat(file).doesNotExist();
    long arrived = Files.size(part);
    assertThat(arrived).isBetween(1L, 100_000L);
    breakAfter = 200_000;
    assertFails(Code.DOWNLOAD_FAILED, "of 300000 bytes", "call again");
    long more = Files.size(part);
    assertThat(more).isGreaterThan(arrived);
    breakAfter = content.length;

    store.fetch(set);

    assertThat(file).hasBinaryContent(content);
    assertThat(ranges).containsExactly(null, "bytes=" + arrived + "-", "bytes=" + more + "-");
  }

  @Test
  void aServerWithoutRangesSendsItAllAgain() throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(part, new byte[1000]);
    rangesKnown = false;

    assertThat(store.fetch(set)).hasBinaryContent(content);
  }

  @Test
  void aPartThatIsCompleteIsMovedIntoPlaceAndALongerOneFetchedAnew() throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(part, content);
    assertThat(store.fetch(set)).hasBinaryContent(content);
    assertThat(ranges).containsExactly("bytes=300000-");

    Files.delete(file);
    Files.write(part, Arrays.copyOf(content, content.length + 1));
    assertThat(store.fetch(set)).hasBinaryContent(content);
  }

  @Test
  void aFileOfTheUserWithAnotherDigestIsRefusedAndKept() throws IOException {
    byte[] own = {1, 2, 3};
    Files.createDirectories(file.getParent());
    Files.write(file, own);

    assertFails(Code.WRONG_DIGEST, "has Adler-32 000d0007", "left as it is");
    assertThat(file).hasBinaryContent(own);
    assertThat(sidecar).doesNotExist();
    assertThat(ranges).isEmpty();

    Files.write(file, content);
    String other = "0".repeat(64);
    assertThatThrownBy(() -> store.fetch(set.withSha256(other)))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContainingAll("SHA-256 " + sha(), "expected " + other);
    assertThat(file).hasBinaryContent(content);
    assertThat(store.fetch(set.withSha256(sha()))).hasBinaryContent(content);
  }

  @Test
  void theRecordedDigestHoldsFromThenOn() throws IOException {
    store.fetch(set);
    Files.writeString(sidecar, "1".repeat(64) + "  net.zip\n");
    assertFails(Code.WRONG_DIGEST, "expected " + "1".repeat(64));
    assertThat(file).hasBinaryContent(content);
    Files.writeString(sidecar, "nonsense");
    assertFails(Code.WRONG_DIGEST, "holds no SHA-256 digest");
    assertThatThrownBy(() -> store.fetch(set.withSha256("12")))
        .isInstanceOf(ModelFileException.class)
        .hasMessageContaining("64 hexadecimal digits");
  }

  @Test
  void aTransferWithAnotherDigestIsDiscarded() {
    content[5] ^= 1;

    assertFails(Code.WRONG_DIGEST, "discarded");

    assertThat(file).doesNotExist();
    assertThat(part).doesNotExist();
    content[5] ^= 1;
    assertThat(store.fetch(set)).hasBinaryContent(content);
  }

  @Test
  void aServerThatCannotBeReachedIsOffline() throws IOException {
    int closed;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      closed = socket.getLocalPort();
    }
    for (URI nowhere : new URI[] {base(closed), URI.create("http://no-such-host.invalid/")}) {
      store = new ModelStore(root, nowhere, TIMEOUT);
      assertFails(Code.OFFLINE, "cannot be reached", file.toString(), "resources.baseurl");
    }
    store = new ModelStore(root, URI.create("file:///tmp"), TIMEOUT);
    assertFails(Code.DOWNLOAD_FAILED, "no http or https address");
  }

  @Test
  void aServerThatRefusesOrStallsIsReported() {
    status = 404;
    assertFails(Code.DOWNLOAD_FAILED, "status 404");
    assertThat(file).doesNotExist();
    status = 200;
    hold = new CountDownLatch(1);
    store = new ModelStore(root, store.baseUrl(), Duration.ofMillis(200));
    assertFails(Code.DOWNLOAD_FAILED, "broke off");
  }

  @Test
  void twoTransfersOfOneFileDoNotMix() throws Exception {
    hold = new CountDownLatch(1);
    Future<Path> first = threads.submit(() -> store.fetch(set));
    while (!Files.exists(part) || Files.size(part) == 0) {
      Thread.sleep(5);
    }

    assertFails(Code.DOWNLOAD_FAILED, "being fetched elsewhere");

    hold.countDown();
    assertThat(first.get(20, TimeUnit.SECONDS)).hasBinaryContent(content);
  }

  private void assertFails(Code code, String... message) {
    assertThatThrownBy(() -> store.fetch(set))
        .isInstanceOfSatisfying(
            ModelFileException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContainingAll(message);
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String range = exchange.getRequestHeaders().getFirst("Range");
      ranges.add(range);
      if (status != 200) {
        exchange.sendResponseHeaders(status, -1);
        return;
      }
      int start =
          range == null || !rangesKnown
              ? 0
              : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
      if (start >= content.length) {
        exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.length);
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      if (start > 0) {
        exchange
            .getResponseHeaders()
            .set(
                "Content-Range",
                "bytes " + start + "-" + (content.length - 1) + "/" + content.length);
      }
      exchange.sendResponseHeaders(start > 0 ? 206 : 200, content.length - start);
      OutputStream out = exchange.getResponseBody();
      int half = (start + breakAfter) / 2;
      out.write(content, start, half - start);
      out.flush();
      hold.await();
      out.write(content, half, breakAfter - half);
      out.flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static URI base(int port) {
    return URI.create(
        "http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port + "/base");
  }

  private String sha() {
    return Hashing.sha256().hashBytes(content).toString();
  }
}
