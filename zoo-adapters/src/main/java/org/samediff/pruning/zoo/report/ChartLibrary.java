package org.samediff.pruning.zoo.report;

import com.google.common.io.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Chart.js as its webjar brings it: one script that needs no network, and its licence. */
record ChartLibrary(String version, String script, String licence) {
  private static final String POM = "META-INF/maven/org.webjars.npm/chart.js/pom.properties";

  static ChartLibrary load() {
    try (InputStream in = Resources.getResource(POM).openStream()) {
      Properties pom = new Properties();
      pom.load(in);
      String version = pom.getProperty("version");
      String folder = "META-INF/resources/webjars/chart.js/" + version + "/";
      // a browser would look for the map that the last line names
      String script =
          read(folder + "dist/chart.umd.min.js").replaceAll("(?m)^//# sourceMappingURL=.*$", "");
      return new ChartLibrary(version, script.strip(), read(folder + "LICENSE.md").strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(String resource) throws IOException {
    return Resources.toString(Resources.getResource(resource), StandardCharsets.UTF_8);
  }
}
