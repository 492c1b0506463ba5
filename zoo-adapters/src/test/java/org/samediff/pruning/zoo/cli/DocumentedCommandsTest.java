package org.samediff.pruning.zoo.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every command of the command line that README and docs show is one that it has. */
class DocumentedCommandsTest {
  private static final Pattern COMMAND = Pattern.compile("samediff-pruning-cli\\.jar ([^`\\n|]+)");

  @Test
  void parse() throws IOException {
    Path root = Path.of("..").toAbsolutePath().normalize();
    List<Path> pages = new ArrayList<>(List.of(root.resolve("README.md")));
    try (Stream<Path> docs = Files.walk(root.resolve("docs"))) {
      docs.filter(p -> p.toString().endsWith(".md")).forEach(pages::add);
    }
    int commands = 0;
    for (Path page : pages) {
      Matcher command = COMMAND.matcher(Files.readString(page));
      for (; command.find(); commands++) {
        String text = command.group(1).strip();
        String[] args = text.replace("...", "").replace("DIR", "data").split("\\s+");
        assertThatCode(() -> Main.commandLine().parseArgs(args))
            .as("%s: %s", page.getFileName(), text)
            .doesNotThrowAnyException();
      }
    }
    assertThat(commands).isGreaterThan(5);
  }
}
