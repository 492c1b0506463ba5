package org.samediff.pruning.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/licences.md has a line for each artifact on the class path, tests' own apart. */
class LicencesTest {
  /** Where the local repository begins, told by an artifact that is always there. */
  private static final String KNOWN = "/org/nd4j/nd4j-api/";

  private static final Pattern JAR = Pattern.compile("(.+)/([^/]+)/([^/]+)/[^/]+\\.jar");

  private static final List<String> OF_TESTS =
      List.of(
          "org.junit",
          "org.assertj",
          "org.opentest4j",
          "org.apiguardian",
          "net.bytebuddy",
          "org.jsoup");

  @Test
  void everyArtifactIsListed() throws IOException {
    String list = Files.readString(Path.of("..", "docs", "licences.md"));
    List<String> missing = new ArrayList<>();
    List<String> entries =
        List.of(
            System.getProperty("java.class.path").replace('\\', '/').split(File.pathSeparator, -1));
    String known = entries.stream().filter(e -> e.contains(KNOWN)).findFirst().orElseThrow();
    String root = known.substring(0, known.indexOf(KNOWN) + 1);
    for (String entry : entries) {
      Matcher jar = JAR.matcher(entry.startsWith(root) ? entry.substring(root.length()) : "");
      if (!jar.matches()) {
        continue;
      }
      String group = jar.group(1).replace('/', '.');
      if (OF_TESTS.stream().noneMatch(group::startsWith)
          && !group.equals("org.samediff")
          && !list.contains("| `" + group + ":" + jar.group(2) + "` | " + jar.group(3) + " |")) {
        missing.add(group + ":" + jar.group(2) + " " + jar.group(3));
      }
    }
    assertThat(missing).isEmpty();
  }
}
