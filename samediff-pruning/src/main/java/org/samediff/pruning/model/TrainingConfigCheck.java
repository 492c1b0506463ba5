package org.samediff.pruning.model;

import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.nd4j.shade.jackson.core.JsonFactory;
import org.nd4j.shade.jackson.core.JsonParser;
import org.nd4j.shade.jackson.core.JsonToken;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * Checks a training configuration's JSON before ND4J reads it. ND4J makes an object of whatever
 * class a {@code @class} field names, which is how a file from outside gets to run code: only
 * classes of ND4J's own updaters, schedules, regularisations and evaluations are allowed, and those
 * that the caller adds.
 */
final class TrainingConfigCheck {
  private static final int DEEPEST = 64;
  private static final int LONGEST_NUMBER = 40;
  private static final Pattern ALLOWED =
      Pattern.compile(
          "org\\.nd4j\\.(linalg\\.learning\\.config|linalg\\.learning\\.regularization"
              + "|linalg\\.schedule|evaluation(\\.[a-z]+)*)\\.[A-Z]\\w*(\\$[A-Z]\\w*)?");

  private TrainingConfigCheck() {}

  /**
   * Checks a text.
   *
   * @throws PruningException BAD_FILE, FORBIDDEN_CLASS
   */
  static void require(String json, Set<String> allowed) {
    for (String name : classes(json)) {
      if (!ALLOWED.matcher(name).matches() && !allowed.contains(name)) {
        throw new PruningException(
            Code.FORBIDDEN_CLASS,
            "the training configuration wants an object of class \""
                + name
                + "\", which is none of ND4J's updaters, schedules, regularisations or evaluations. If"
                + " it is yours, allow it with LoadOptions.allowing");
      }
    }
  }

  /**
   * The classes that a text names, whatever they are.
   *
   * @throws PruningException BAD_FILE if the text is no configuration
   */
  static Set<String> classes(String json) {
    Set<String> classes = new TreeSet<>();
    boolean updater = false;
    int depth = 0;
    JsonFactory factory = new JsonFactory().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
    try (JsonParser parser = factory.createParser(json)) {
      for (JsonToken t = parser.nextToken(); t != null; t = parser.nextToken()) {
        if (t.isStructStart() && ++depth > DEEPEST) {
          throw Faults.badFile("the training configuration nests deeper than " + DEEPEST);
        }
        depth -= t.isStructEnd() ? 1 : 0;
        if (t.isNumeric() && parser.getTextLength() > LONGEST_NUMBER) {
          throw Faults.badFile("the training configuration holds an absurd number");
        }
        updater |= depth == 1 && t == JsonToken.FIELD_NAME && parser.getText().equals("updater");
        if (t == JsonToken.FIELD_NAME && parser.getText().equals("@class")) {
          if (parser.nextToken() != JsonToken.VALUE_STRING) {
            throw Faults.badFile("the training configuration has a class that is no name");
          }
          classes.add(parser.getText());
        }
      }
    } catch (IOException e) {
      throw Faults.badFile("the training configuration is no JSON: " + e.getMessage(), e);
    }
    if (!updater) {
      throw Faults.badFile("the training configuration names no updater");
    }
    return classes;
  }
}
