package org.samediff.pruning.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.samediff.pruning.error.PruningException.Code;

class ErrorsPageTest {
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| `([A-Z_]+)` \\| [^|]+ \\| [^|]+ \\|$");

  /** One row for each code, in the code's order, with a meaning and a remedy. */
  @Test
  void everyCodeHasItsRow() throws IOException {
    String page = Files.readString(Path.of("../docs/errors.md"));
    List<String> rows = ROW.matcher(page).results().map(m -> m.group(1)).toList();
    assertThat(rows)
        .containsExactlyElementsOf(Arrays.stream(Code.values()).map(Enum::name).toList());
  }

  /** A code that nothing throws would be a promise without meaning. */
  @Test
  void everyCodeIsThrownSomewhere() throws IOException {
    StringBuilder sources = new StringBuilder();
    try (Stream<Path> all = Files.walk(Path.of("src/main/java"))) {
      for (Path p : all.filter(f -> f.toString().endsWith(".java")).toList()) {
        sources.append(Files.readString(p));
      }
    }
    List<String> used =
        Pattern.compile("Code\\s*\\.\\s*([A-Z_]+)")
            .matcher(sources)
            .results()
            .map((MatchResult m) -> m.group(1))
            .distinct()
            .toList();
    assertThat(used).containsAll(Arrays.stream(Code.values()).map(Enum::name).toList());
  }
}
