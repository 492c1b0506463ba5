package org.samediff.pruning.model;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where a model comes from, for its manifest.
 *
 * @param facts names and values, such as the digest of the graph it was made from, the criterion,
 *     the schedule and the seed
 * @param plan what was cut, as JSON; empty if nothing was
 */
public record Provenance(Map<String, String> facts, String plan) {
  /** Nothing is known. */
  public static final Provenance NONE = new Provenance(Map.of(), "");

  /** Copies the facts, in alphabetical order. */
  public Provenance {
    facts = Collections.unmodifiableMap(new TreeMap<>(facts));
  }

  /** The same with the versions of this library, ND4J and Java. */
  public Provenance withVersions() {
    Map<String, String> more = new TreeMap<>(facts);
    more.put("nd4jVersion", version(Nd4j.class, "org.nd4j/nd4j-api"));
    more.put("libraryVersion", version(Provenance.class, "org.samediff/samediff-pruning"));
    more.put("javaVersion", System.getProperty("java.version", ""));
    return new Provenance(more, plan);
  }

  /** As Maven writes it into a jar; classes that were just compiled have none. */
  private static String version(Class<?> type, String artifact) {
    Properties properties = new Properties();
    try (InputStream in =
        type.getResourceAsStream("/META-INF/maven/" + artifact + "/pom.properties")) {
      if (in != null) {
        properties.load(in);
      }
    } catch (IOException e) {
      properties.clear();
    }
    return properties.getProperty("version", "unreleased");
  }
}
