package org.samediff.pruning.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything that users can see has a comment. */
class JavadocTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @TempDir private Path classes;

  @ParameterizedTest
  @ValueSource(strings = {"samediff-pruning", "zoo-adapters"})
  void nothingPublicIsWithoutComment(String module) throws IOException {
    JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-proc:none",
            "-Xdoclint:missing/protected",
            "-Xmaxwarns",
            "10000",
            "-d",
            classes.toString(),
            "-classpath",
            System.getProperty("java.class.path"));
    try (StandardJavaFileManager files = javac.getStandardFileManager(found, Locale.ROOT, null)) {
      Iterable<? extends JavaFileObject> sources =
          files.getJavaFileObjectsFromPaths(sources(ROOT.resolve(module).resolve("src/main/java")));
      assertThat(javac.getTask(null, files, found, options, null, sources).call()).isTrue();
    }
    assertThat(found.getDiagnostics()).as("doclint has been at work").isNotEmpty();
    assertThat(
            found.getDiagnostics().stream()
                .filter(d -> d.getMessage(Locale.ROOT).contains("no comment"))
                .map(d -> d.getSource().getName() + ":" + d.getLineNumber()))
        .isEmpty();
  }

  private static List<Path> sources(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(f -> f.toString().endsWith(".java")).sorted().toList();
    }
  }
}
