package org.samediff.pruning.zoo.catalogue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.deeplearning4j.common.resources.DL4JResources;
import org.deeplearning4j.common.resources.ResourceType;
import org.samediff.pruning.zoo.modelfile.ModelFileException;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of pretrained weights, in the folders that DL4J keeps them in ({@code
 * <root>/models/<name>/<file>}), fetched where they are missing.
 *
 * <p>A file is used only if it has the digests that are known of it: DL4J's Adler-32, and SHA-256.
 * SHA-256 comes from the {@link PretrainedSet}, else from {@code <file>.sha256} beside the file,
 * which is written (as {@code sha256sum} does) when a file is first found right. A file with
 * another digest is refused and <em>left as it is</em>; DL4J would delete it.
 *
 * <p>A transfer goes to {@code <file>.part}, goes on where an earlier one broke off, and is moved
 * into place when it is complete and right. One process at a time fetches a file; others are told.
 * Immutable and thread safe.
 *
 * @param root folder of DL4J's resources
 * @param baseUrl where files are fetched from
 * @param timeout for the connection, and for every pause in the transfer
 */
public record ModelStore(Path root, URI baseUrl, Duration timeout) {
  private static final Logger log = LoggerFactory.getLogger(ModelStore.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final String KEPT = "it is left as it is; move it away to have it fetched anew";
  private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * DL4J's own folder and server, as its system properties {@code
   * org.deeplearning4j.resources.directory} and {@code org.deeplearning4j.resources.baseurl} have
   * them.
   */
  public static ModelStore standard() {
    return new ModelStore(
        DL4JResources.getBaseDirectory().toPath(),
        URI.create(DL4JResources.getBaseDownloadURL()),
        TIMEOUT);
  }

  /** Where the file is or would be. */
  public Path file(PretrainedSet set) {
    return root.resolve(ResourceType.ZOO_MODEL.resourceName())
        .resolve(set.model().label())
        .resolve(set.fileName());
  }

  /**
   * The file, fetched if it is not there.
   *
   * @throws ModelFileException WRONG_DIGEST, OFFLINE, DOWNLOAD_FAILED or IO
   */
  public Path fetch(PretrainedSet set) {
    set.sha256().ifPresent(ModelStore::requireDigest);
    Path file = file(set);
    try {
      if (!Files.exists(file)) {
        Files.createDirectories(file.getParent());
        download(set, file);
      } else {
        accept(set, file, file, KEPT);
      }
      return file;
    } catch (IOException e) {
      throw new ModelFileException(
          Code.IO, "cannot read or write \"" + file + "\": " + e.getMessage(), e);
    }
  }

  private static void requireDigest(String digest) {
    if (!SHA_256.matcher(digest).matches()) {
      throw new ModelFileException(
          Code.WRONG_DIGEST, "\"" + digest + "\" is no SHA-256 digest; give 64 hexadecimal digits");
    }
  }

  private void download(PretrainedSet set, Path file) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    URI source = URI.create(baseUrl.toString().replaceFirst("/*$", "/") + set.path());
    new Download(source, part, file, timeout).run();
    try {
      accept(set, part, file, "what was fetched is discarded; try again later");
    } catch (ModelFileException e) {
      Files.delete(part);
      throw e;
    }
    if (Files.exists(file)) { // somebody put it there meanwhile
      Files.delete(part);
      accept(set, file, file, KEPT);
      return;
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    log.info("fetched {}", file);
  }

  /** Compares the digests; records SHA-256 of a file that was not known. */
  private static void accept(PretrainedSet set, Path bytes, Path file, String remedy)
      throws IOException {
    FileDigests found = FileDigests.of(bytes);
    if (found.adler32() != set.adler32()) {
      throw wrong(file, "Adler-32", hex(found.adler32()), hex(set.adler32()), remedy);
    }
    Path sidecar = file.resolveSibling(file.getFileName() + ".sha256");
    Optional<String> recorded = recorded(sidecar);
    Optional<String> expected = set.sha256().or(() -> recorded);
    if (expected.isPresent() && !expected.get().equals(found.sha256())) {
      throw wrong(file, "SHA-256", found.sha256(), expected.get(), remedy);
    }
    if (recorded.isEmpty()) {
      Files.writeString(sidecar, found.sha256() + "  " + file.getFileName() + "\n");
    }
  }

  private static Optional<String> recorded(Path sidecar) throws IOException {
    if (!Files.isRegularFile(sidecar)) {
      return Optional.empty();
    }
    String digest = Files.readString(sidecar).strip().split("\\s", 2)[0].toLowerCase(Locale.ROOT);
    if (!SHA_256.matcher(digest).matches()) {
      throw new ModelFileException(
          Code.WRONG_DIGEST,
          "\"" + sidecar + "\" holds no SHA-256 digest; correct it or move it away");
    }
    return Optional.of(digest);
  }

  private static String hex(long adler32) {
    return String.format(Locale.ROOT, "%08x", adler32);
  }

  private static ModelFileException wrong(
      Path file, String kind, String found, String expected, String remedy) {
    return new ModelFileException(
        Code.WRONG_DIGEST,
        String.format("\"%s\" has %s %s, expected %s; %s", file, kind, found, expected, remedy));
  }
}
