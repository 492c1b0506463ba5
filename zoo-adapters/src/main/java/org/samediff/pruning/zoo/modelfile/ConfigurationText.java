package org.samediff.pruning.zoo.modelfile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.regex.Pattern;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/**
 * The JSON text of a network's configuration. Deeplearning4j's mapper instantiates whatever class
 * the text names; here every name is held against a list first, on a tree that is then written
 * anew, so that what is checked is what Deeplearning4j reads.
 *
 * @param json checked, in a plain form
 * @param graph whether it describes a ComputationGraph, not a MultiLayerNetwork
 */
record ConfigurationText(String json, boolean graph) {
  /** The properties that tell Deeplearning4j's mapper a class: "type" in distributions. */
  private static final ImmutableSet<String> CLASS_PROPERTIES = ImmutableSet.of("@class", "type");

  private static final ImmutableList<String> ALLOWED =
      ImmutableList.of(
          "org.deeplearning4j.nn.conf.",
          "org.deeplearning4j.nn.weights.",
          "org.deeplearning4j.nn.modelimport.keras.preprocessors.",
          "org.nd4j.linalg.activations.impl.",
          "org.nd4j.linalg.learning.config.",
          "org.nd4j.linalg.learning.regularization.",
          "org.nd4j.linalg.lossfunctions.impl.",
          "org.nd4j.linalg.schedule.");

  private static final Pattern CLASS_NAME = Pattern.compile("[\\w.$]+");
  private static final int MOST_NESTING = 64;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .streamReadConstraints(
                  StreamReadConstraints.builder().maxNestingDepth(MOST_NESTING).build())
              .build());

  /**
   * Reads and checks the text.
   *
   * @param source for messages
   * @throws ModelFileException TOO_LARGE, BAD_CONFIGURATION or FORBIDDEN_CLASS
   */
  static ConfigurationText read(InputStream stream, long most, String source) throws IOException {
    byte[] bytes = stream.readNBytes((int) Math.min(most + 1, Integer.MAX_VALUE - 8));
    if (bytes.length > most) {
      throw new ModelFileException(
          Code.TOO_LARGE,
          source + " is longer than " + most + " bytes; no network of the zoo needs that");
    }
    JsonNode tree;
    try {
      tree = MAPPER.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw new ModelFileException(
          Code.BAD_CONFIGURATION,
          source + " is no JSON text: " + e.getOriginalMessage() + "; fetch the file again",
          e);
    }
    boolean graph = tree.has("vertices") && tree.has("networkInputs");
    if (!graph && !tree.has("confs")) {
      throw new ModelFileException(
          Code.BAD_CONFIGURATION,
          source + " describes neither a ComputationGraph nor a MultiLayerNetwork");
    }
    requireAllowed(tree, source);
    return new ConfigurationText(tree.toString(), graph);
  }

  private static void requireAllowed(JsonNode node, String source) {
    node.properties()
        .forEach(
            property -> {
              JsonNode value = property.getValue();
              if (CLASS_PROPERTIES.contains(property.getKey()) && value.isTextual()) {
                requireAllowed(property.getKey(), value.textValue(), source);
              }
            });
    node.forEach(child -> requireAllowed(child, source));
  }

  private static void requireAllowed(String property, String name, String source) {
    List<String> allowed = ALLOWED;
    boolean plain = CLASS_NAME.matcher(name).matches();
    if (plain && allowed.stream().anyMatch(name::startsWith)) {
      return;
    }
    if (plain && property.equals("type") && name.indexOf('.') < 0) {
      return; // an enumeration's value
    }
    throw new ModelFileException(
        Code.FORBIDDEN_CLASS,
        String.format(
            "%s names the class \"%s\"; a configuration may use classes of %s only. A network with"
                + " layers of your own: restore it with ModelSerializer, if you trust the file, and"
                + " hand it to Dl4jConverter",
            source, name, allowed));
  }
}
