package org.samediff.pruning.zoo.data;

import java.io.IOException;

/** A file that is not the IDX file it should be; the message names the file and the remedy. */
public final class IdxFormatException extends IOException {
  IdxFormatException(String message, Throwable cause) {
    super(message, cause);
  }

  IdxFormatException(String message) {
    super(message);
  }
}
