package org.samediff.pruning.latency;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.OpWork;
import org.samediff.pruning.graph.GraphText;

/**
 * One inference of the dense graph and of the compacted one on this machine.
 *
 * @param promised share that the compacted graph should take, by the measured ops
 * @param before milliseconds of the dense graph, median
 * @param after milliseconds of the compacted graph, median
 * @param reached median over rounds of compacted by dense time within a round
 */
public record Latency(double promised, double before, double after, double reached) {
  private static final int WARM_UP = 3;
  private static final int LEAST_ROUNDS = 7;
  private static final int MOST_ROUNDS = 100;
  private static final Duration BUDGET = Duration.ofSeconds(10);

  /**
   * The analysis with {@link org.samediff.pruning.channels.CostModel.Measure#LATENCY} in its cost:
   * from the cache, or measured in some seconds and put there.
   *
   * @param inputs arrays for the placeholders that the outputs need, of the batch of the options
   * @param outputs what an inference computes
   * @param multiple what the number of channels that stay will be a multiple of; 1 for any number
   */
  public static ChannelAnalysis timed(
      SameDiff sd,
      ChannelAnalysis analysis,
      Map<String, INDArray> inputs,
      List<String> outputs,
      LatencyOptions options,
      int multiple) {
    LatencyCache cache =
        new LatencyCache(
            options.cache(),
            GraphText.of(sd) + outputs + analysis.groups() + shapes(inputs) + multiple,
            options.batch());
    Map<String, OpWork.Time> times =
        cache
            .read()
            .orElseGet(
                () -> {
                  Map<String, OpWork.Time> measured =
                      LatencyModel.measure(sd, analysis, inputs, outputs, multiple);
                  cache.write(measured);
                  return measured;
                });
    return analysis.timed(times);
  }

  private static String shapes(Map<String, INDArray> inputs) {
    StringBuilder text = new StringBuilder();
    inputs.forEach((name, a) -> text.append(name).append(a.shapeInfoToString()));
    return text.toString();
  }

  /** Runs both graphs in turns. */
  public static Latency compare(
      SameDiff dense,
      SameDiff compacted,
      Map<String, INDArray> inputs,
      List<String> outputs,
      double promised) {
    List<Double> before = new ArrayList<>();
    List<Double> after = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    long end = System.nanoTime() + BUDGET.toNanos();
    for (int round = -WARM_UP; round < MOST_ROUNDS; round++) {
      if (round >= LEAST_ROUNDS && System.nanoTime() > end) {
        break;
      }
      double a = milliseconds(dense, inputs, outputs);
      double b = milliseconds(compacted, inputs, outputs);
      if (round >= 0) {
        before.add(a);
        after.add(b);
        ratios.add(b / a);
      }
    }
    return new Latency(promised, median(before), median(after), median(ratios));
  }

  private static double milliseconds(
      SameDiff sd, Map<String, INDArray> inputs, List<String> outputs) {
    long start = System.nanoTime();
    sd.output(inputs, outputs);
    return (System.nanoTime() - start) / 1e6;
  }

  private static double median(List<Double> values) {
    Collections.sort(values);
    return values.get(values.size() / 2);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "latency %.2f -> %.2f ms: %.1f %% of the dense graph's, %.1f %% promised",
        before,
        after,
        100 * reached,
        100 * promised);
  }
}
