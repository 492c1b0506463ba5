package org.samediff.pruning.zoo.modelfile;

/**
 * A network file that cannot be had or read, with a {@link Code} to branch on. The message names
 * the file, what was found, what was expected and the remedy. Files of the user are as they were.
 */
public final class ModelFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why a file was refused. */
  public enum Code {
    /** There is no such file, or it cannot be opened. */
    NOT_FOUND,
    /** The file is of none of the kinds that can be read. */
    UNKNOWN_FORMAT,
    /** The bytes are not what their kind of file holds: damaged, cut off, or something else. */
    DAMAGED,
    /** An archive with entries that no model file has: two of one name, a name that leads away. */
    BAD_ENTRY,
    /** An archive without the configuration or the weights. */
    MISSING_ENTRY,
    /** Something is larger, or compressed harder, than {@link ZipLimits} allow. */
    TOO_LARGE,
    /** The configuration names a class that is not part of a network's configuration. */
    FORBIDDEN_CLASS,
    /** The configuration is no network that this version of Deeplearning4j can set up. */
    BAD_CONFIGURATION,
    /** Stored numbers do not fit the configuration: another count, type or layout. */
    BAD_ARRAY,
    /** The file is not the one that its digest was taken of. */
    WRONG_DIGEST,
    /** The server cannot be reached. */
    OFFLINE,
    /** The server refused, or the transfer broke off; what has arrived is kept. */
    DOWNLOAD_FAILED,
    /** Deeplearning4j cannot import this kind of file, or not rightly. */
    NOT_IMPORTABLE,
    /** Writing a file failed. */
    IO
  }

  /** What went wrong. */
  private final Code code;

  /**
   * An error.
   *
   * @param message names the file, the numbers and the remedy
   */
  public ModelFileException(Code code, String message) {
    super(message);
    this.code = code;
  }

  /** The same with what brought it about. */
  public ModelFileException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** What went wrong. */
  public Code code() {
    return code;
  }
}
