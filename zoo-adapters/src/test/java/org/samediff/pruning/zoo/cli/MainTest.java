package org.samediff.pruning.zoo.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MainTest {
  @TempDir Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "demo --net lenet | lenet",
        "demo --macs 1.0 | --macs: the share to remove must be at least 0 and below 1, got 1.0",
        "demo --macs -0.1 | got -0.1",
        "demo --macs NaN | got NaN",
        "demo --macs half | half",
        "demo --epochs 0 | --epochs: must be at least 1, got 0",
        "demo --criterion best | best",
        "demo --data /no/such/folder | /no/such/folder is no folder",
        "demo --out /no/such/folder/slim.fb | the folder of /no/such/folder/slim.fb does not exist",
        "demo --json /no/such/folder/a.json | the folder of /no/such/folder/a.json does not exist",
        "criteria --macs 0.5,1.5 | got 1.5",
        "criteria --pruning-epochs 0 | --pruning-epochs: must be at least 1, got 0",
        "criteria --criteria l1,best | best",
        "verify-pruning | FILE",
        "verify-pruning /no/such/net.fb | /no/such/net.fb is no readable file",
        "verify-pruning net.fb --ratio 1 | --ratio: the share to remove must be at least 0 and below 1",
        "verify-pruning net.fb --criterion taylor | taylor",
        "verify-pruning pom.xml --shape x=2,-3 | --shape x: sizes are whole numbers above zero",
        "verify-pruning pom.xml --shape x=2,a | got 2,a",
        "frobnicate | frobnicate",
        "--frobnicate | frobnicate",
      })
  void badInputIsExplainedAndNothingRuns(String commandLine, String message) {
    assertThat(execute(commandLine.strip().split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains(message);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void folderWithoutTheDataIsExplained() {
    assertThat(execute("demo", "--data", folder.toString())).isEqualTo(2);
    assertThat(err.toString()).contains(folder.resolve("train-images-idx3-ubyte").toString());
  }

  @Test
  void folderInPlaceOfAFileIsExplained() throws IOException {
    Path taken = Files.createDirectory(folder.resolve("slim.fb"));

    assertThat(execute("demo", "--out", taken.toString())).isEqualTo(2);
    assertThat(err.toString()).contains(taken + " is a folder");
  }

  @Test
  void helpListsCommandsAndExitCodes() {
    assertThat(execute("--help")).isZero();
    assertThat(out.toString())
        .contains("demo", "prune", "criteria", "verify-pruning", "Exit codes:");
  }

  @Test
  void withoutACommandTheUsageIsShown() {
    assertThat(execute()).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: samediff-pruning");
  }

  private int execute(String... args) {
    return Main.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }
}
