package org.samediff.pruning.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** README and docs say nothing that does not compile, run or exist. */
class SnippetsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\n(.*?)^```");
  private static final Pattern BENCH = Pattern.compile("-Dbench=(\\w+)");
  private static final Pattern CLASS =
      Pattern.compile("`(?:[a-z]+\\.(?=[A-Z]\\w+[`.])([A-Z]\\w+)|([A-Z]\\w+Test)`)");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#\\s]*)(#[^)]*)?\\)");

  /** What a reader has at hand; a snippet's own declarations hide these. */
  private static final String AROUND =
      """
      import java.io.File;
      import java.nio.file.*;
      import java.util.*;
      import org.deeplearning4j.nn.graph.ComputationGraph;
      import org.nd4j.autodiff.samediff.*;
      import org.nd4j.linalg.api.ndarray.INDArray;
      import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
      import org.samediff.pruning.*;
      import org.samediff.pruning.deployment.*;
      import org.samediff.pruning.error.*;
      import org.samediff.pruning.importance.*;
      import org.samediff.pruning.latency.*;
      import org.samediff.pruning.layers.*;
      import org.samediff.pruning.model.*;
      import org.samediff.pruning.training.*;
      import org.samediff.pruning.zoo.catalogue.*;
      import org.samediff.pruning.zoo.dl4j.*;
      import org.samediff.pruning.zoo.report.*;
      class Snippet {
        static SameDiff sd, otherCopy;
        static SDVariable x;
        static int epochs, channels;
        static DataSetIterator trainIterator, iterator;
        static Path directory;
        static PruningTransform transform;
        static PrunedGraph pruned;
        static CompactedGraph slim;
        static void run() throws Exception {
      """;

  @TempDir private Path classes;

  static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      docs.filter(p -> p.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void javaCompiles(Path page) throws IOException {
    Matcher block = JAVA.matcher(Files.readString(page));
    while (block.find()) {
      assertThat(errors(AROUND + block.group(1) + "}}"))
          .as("%s:%n%s", ROOT.relativize(page), block.group(1))
          .isEmpty();
    }
  }

  private List<String> errors(String source) {
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    List<String> options =
        List.of(
            "-proc:none",
            "-d",
            classes.toString(),
            "-classpath",
            System.getProperty("java.class.path"));
    ToolProvider.getSystemJavaCompiler()
        .getTask(null, null, found, options, null, List.of(file))
        .call();
    return found.getDiagnostics().stream()
        .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
        .map(d -> d.getMessage(null))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("pages")
  void benchmarksExist(Path page) throws IOException {
    Matcher bench = BENCH.matcher(Files.readString(page));
    while (bench.find()) {
      String name = "org.samediff.pruning.bench." + bench.group(1);
      assertThatCode(() -> Class.forName(name, false, SnippetsTest.class.getClassLoader()))
          .as("%s names %s", ROOT.relativize(page), name)
          .doesNotThrowAnyException();
    }
  }

  /** A test, or a class with its package, that a page speaks of. */
  @ParameterizedTest
  @MethodSource("pages")
  void classesExist(Path page) throws IOException {
    Set<String> sources = sources();
    Matcher name = CLASS.matcher(Files.readString(page));
    while (name.find()) {
      assertThat(sources)
          .as("%s", ROOT.relativize(page))
          .contains(name.group(1) == null ? name.group(2) : name.group(1));
    }
  }

  private static Set<String> sources() throws IOException {
    Set<String> names = new HashSet<>();
    for (String module : List.of("samediff-pruning", "zoo-adapters", "integration-tests")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
        files
            .map(f -> f.getFileName().toString())
            .filter(f -> f.endsWith(".java"))
            .forEach(f -> names.add(f.substring(0, f.length() - ".java".length())));
      }
    }
    return names;
  }

  @ParameterizedTest
  @MethodSource("pages")
  void linksLeadSomewhere(Path page) throws IOException {
    Matcher link = LINK.matcher(Files.readString(page));
    while (link.find()) {
      String to = link.group(1);
      if (to.isEmpty() || to.matches("[a-z]+:.*")) {
        continue;
      }
      assertThat(page.resolveSibling(to)).as("%s", ROOT.relativize(page)).exists();
    }
  }
}
