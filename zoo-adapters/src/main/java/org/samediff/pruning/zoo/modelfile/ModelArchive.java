package org.samediff.pruning.zoo.modelfile;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/** A zip file whose directory has been checked; nothing is ever written to a folder. */
final class ModelArchive implements Closeable {
  private static final long ANY_RATIO_BELOW = 1L << 20;

  private final Path file;
  private final ZipFile zip;
  private final ZipLimits limits;
  private final Map<String, ZipEntry> entries = new LinkedHashMap<>();

  private ModelArchive(Path file, ZipFile zip, ZipLimits limits) {
    this.file = file;
    this.zip = zip;
    this.limits = limits;
  }

  /**
   * @throws ModelFileException NOT_FOUND, DAMAGED, BAD_ENTRY or TOO_LARGE
   */
  static ModelArchive open(Path file, ZipLimits limits) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new ModelFileException(
          Code.NOT_FOUND, "\"" + file + "\" is no readable file; check the path");
    }
    ModelArchive archive = null;
    try {
      archive = new ModelArchive(file, new ZipFile(file.toFile()), limits);
      archive.checkDirectory();
      return archive;
    } catch (ZipException e) {
      throw new ModelFileException(
          Code.DAMAGED,
          "\"" + file + "\" is no complete zip file (" + e.getMessage() + "); fetch it again",
          e);
    } catch (IOException e) {
      throw new ModelFileException(
          Code.NOT_FOUND, "\"" + file + "\" cannot be opened: " + e.getMessage(), e);
    } catch (ModelFileException e) {
      archive.close();
      throw e;
    }
  }

  private void checkDirectory() {
    if (zip.size() > limits.entries()) {
      throw new ModelFileException(
          Code.TOO_LARGE,
          String.format(
              "\"%s\" has %d entries, a model at most %d; is it another kind of zip file?",
              file, zip.size(), limits.entries()));
    }
    for (ZipEntry entry : Collections.list(zip.entries())) {
      String name = entry.getName();
      if (leadsAway(name)) {
        throw new ModelFileException(
            Code.BAD_ENTRY,
            "\"" + file + "\" has an entry \"" + printable(name) + "\", which no model file has");
      }
      if (entries.put(name, entry) != null) {
        throw new ModelFileException(
            Code.BAD_ENTRY,
            "\"" + file + "\" has two entries \"" + name + "\"; which one is meant is not told");
      }
    }
  }

  private static boolean leadsAway(String name) {
    return name.startsWith("/")
        || name.contains("..")
        || name.chars().anyMatch(c -> c < ' ' || c == '\\' || c == ':');
  }

  private static String printable(String name) {
    return name.replaceAll("\\p{Cntrl}", "?");
  }

  boolean has(String name) {
    return entries.containsKey(name);
  }

  /**
   * The size that the directory tells of an entry; what is read may be less or more.
   *
   * @throws ModelFileException MISSING_ENTRY, or TOO_LARGE for a suspicious compression
   */
  long declaredSize(String name) {
    ZipEntry entry = entry(name);
    long size = entry.getSize();
    long packed = Math.max(1, entry.getCompressedSize());
    if (size >= ANY_RATIO_BELOW && size / packed > limits.ratio()) {
      throw new ModelFileException(
          Code.TOO_LARGE,
          String.format(
              "\"%s\": entry \"%s\" grows from %d to %d bytes, more than %d times; if you trust the"
                  + " file, raise ZipLimits.ratio",
              file, name, packed, size, limits.ratio()));
    }
    return size;
  }

  /** Reads what an entry holds, to its end. */
  interface Reader<T> {
    T read(InputStream in) throws IOException;
  }

  /**
   * Reads an entry and compares its checksum, which ZipFile alone does not.
   *
   * @throws ModelFileException MISSING_ENTRY, DAMAGED, or what the reader throws
   */
  <T> T read(String name, Reader<T> reader) throws IOException {
    ZipEntry entry = entry(name);
    CRC32 checksum = new CRC32();
    try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), checksum)) {
      T result = reader.read(in);
      if (checksum.getValue() != entry.getCrc()) {
        throw new ModelFileException(
            Code.DAMAGED,
            String.format(
                "\"%s\": entry \"%s\" has checksum %08x where %08x was stored; fetch the file again",
                file, name, checksum.getValue(), entry.getCrc()));
      }
      return result;
    }
  }

  private ZipEntry entry(String name) {
    return Optional.ofNullable(entries.get(name))
        .orElseThrow(
            () ->
                new ModelFileException(
                    Code.MISSING_ENTRY,
                    String.format(
                        "\"%s\" has no entry \"%s\", only %s; it is no model that ModelSerializer"
                            + " wrote",
                        file, name, entries.keySet())));
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw new ModelFileException(Code.IO, "cannot close \"" + file + "\": " + e.getMessage(), e);
    }
  }
}
