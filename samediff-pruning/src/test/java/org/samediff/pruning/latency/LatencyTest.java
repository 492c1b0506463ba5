package org.samediff.pruning.latency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CostModel.Measure;
import org.samediff.pruning.channels.OpWork;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Nets;

class LatencyTest {
  private static final List<String> OUTPUTS = List.of("logits");

  @TempDir private Path directory;

  private final SameDiff sd = Nets.chain(DataType.FLOAT, 7, false);
  private final Map<String, INDArray> inputs = Probe.inputs(sd, 2, 1, List.of("y"));
  private final ChannelAnalysis analysis =
      ChannelAnalysis.of(GraphView.of(sd), Probe.shapes(sd, inputs), 2, OUTPUTS);

  private ChannelAnalysis timed(int batch) {
    LatencyOptions options = LatencyOptions.defaults().withCache(directory).withBatch(batch);
    return Latency.timed(sd, analysis, inputs, OUTPUTS, options, 1);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList();
    }
  }

  /** By hand: c1 has 8 filters on 3 channels with 144 positions, c2 10 on 8 with 36. */
  @Test
  void costIsTheSumOfWhatTheOpsTake() {
    Map<String, OpWork.Time> times = new LinkedHashMap<>();
    for (OpWork w : analysis.work()) {
      boolean product = !w.products().isEmpty();
      times.put(w.op(), product ? new OpWork.Time(1e6, 10, 2) : new OpWork.Time(0, 0, 0));
    }
    ChannelAnalysis timed = analysis.timed(times);
    boolean[][] kept = analysis.allKept();
    Arrays.fill(kept[0], 2, 8, false);
    long products = times.values().stream().filter(t -> t.fixed() > 0).count();
    double elements =
        analysis.work().stream()
            .filter(w -> !w.products().isEmpty())
            .mapToDouble(w -> w.elements(kept))
            .sum();

    assertThat(analysis.cost().total(Measure.LATENCY)).isZero();
    assertThat(timed.cost().cost(Measure.LATENCY, kept))
        .isEqualTo(
            Math.round(1e6 * products + 10 * elements + 2 * timed.cost().cost(Measure.MACS, kept)));
    assertThat(timed.cost().cost(Measure.MACS, kept))
        .isEqualTo(analysis.cost().cost(Measure.MACS, kept))
        .isEqualTo(27 * 2 * 144 + 9 * 2 * 10 * 36 + 360 * 16 + 16 * 4);
    OpWork first =
        analysis.work().stream().filter(w -> w.op().equals("conv2d")).findFirst().orElseThrow();
    assertThat(first.elements(analysis.allKept())).isEqualTo(2 * 8 * 144);
    assertThat(first.elements(kept)).isEqualTo(2 * 2 * 144);
    assertThat(first.products(kept)).isEqualTo(27 * 2 * 144);
  }

  @Test
  void everyOpOfAnInferenceIsTimedAndNothingElse() throws IOException {
    String before = GraphText.digest(sd);

    ChannelAnalysis timed = timed(2);

    assertThat(GraphText.digest(sd)).as("the graph").isEqualTo(before);
    assertThat(timed.cost().total(Measure.LATENCY)).isPositive();
    boolean[][] half = analysis.allKept();
    Arrays.stream(half).forEach(group -> Arrays.fill(group, 1, group.length, false));
    assertThat(timed.cost().cost(Measure.LATENCY, half))
        .isLessThanOrEqualTo(timed.cost().total(Measure.LATENCY));
    assertThat(files()).hasSize(1);
    String text = Files.readString(files().get(0));
    assertThat(text).contains("\"conv2d\"", "\"unit\"", "batch 2").doesNotContain("cross_entropy");
  }

  @Test
  void measuresOnceForEachGraphAndBatch() throws IOException {
    long total = timed(2).cost().total(Measure.LATENCY);

    assertThat(timed(2).cost().total(Measure.LATENCY)).as("from the cache").isEqualTo(total);
    assertThat(files()).hasSize(1);
    timed(3);
    assertThat(files()).hasSize(2);
  }

  @Test
  void aDamagedCacheIsMeasuredAgain() throws IOException {
    timed(2);
    Path file = files().get(0);
    String whole = Files.readString(file);
    for (String broken :
        List.of(
            "",
            "{",
            "[]",
            "null",
            whole.replace("batch 2", "batch 9"),
            whole.replaceFirst("\\[ [^\\]]*\\]", "[ -1, 0, 0 ]"),
            whole.replaceFirst("\\[ [^\\]]*\\]", "[ \"x\" ]"))) {
      Files.writeString(file, broken);

      assertThat(timed(2).cost().total(Measure.LATENCY)).as(broken).isPositive();
      assertThat(Files.readString(file))
          .as("written anew")
          .contains("\"ops\"")
          .isNotEqualTo(broken);
    }
  }

  @Test
  void aCacheThatCannotBeWrittenCostsNoResult() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "not a directory");
    LatencyOptions options = LatencyOptions.defaults().withCache(file.resolve("below"));

    assertThat(
            Latency.timed(sd, analysis, inputs, OUTPUTS, options, 1).cost().total(Measure.LATENCY))
        .isPositive();
    assertThat(Files.readString(file)).isEqualTo("not a directory");
  }

  @Test
  void aGraphTakesAsLongAsItself() {
    Latency same = Latency.compare(sd, sd, inputs, OUTPUTS, 1);

    assertThat(same.reached()).isCloseTo(1, within(0.6));
    assertThat(same.toString()).contains("100.0 % promised");
  }

  @Test
  void aBatchOfNothingIsRefused() {
    assertThatThrownBy(() -> LatencyOptions.defaults().withBatch(0))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.BAD_OPTION))
        .hasMessageContaining("got 0");
  }
}
