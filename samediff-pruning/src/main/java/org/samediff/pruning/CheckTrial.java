package org.samediff.pruning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.graph.RandomNumbers;

/**
 * One pass of {@link PruningCheck} in one precision.
 *
 * @param kept the channels that stayed, {@code [group][channel]}
 * @param inexact why the cut is not exact; empty if it is
 * @param notes what was not compared, and why
 */
record CheckTrial(
    ChannelAnalysis analysis,
    boolean[][] kept,
    List<String> inexact,
    Verdict.Differences differences,
    List<String> notes) {
  private static final int PROBE_BATCH = 3;

  /** A sound graph with ops, and without masks of this library. */
  static void requireSound(SameDiff sd) {
    GraphChecks.require(sd);
    if (sd.getOps().isEmpty()) {
      throw refusal("", "the graph has no op at all; was it loaded from a truncated file?");
    }
  }

  static boolean finite(INDArray array) {
    double sum = array.sumNumber().doubleValue();
    return !Double.isNaN(sum) && !Double.isInfinite(sum);
  }

  static Attempt.Ended refusal(String op, String reason) {
    return new Attempt.Ended(new Verdict.Refused(op, reason));
  }

  /** Chooses what to cut. */
  static CheckTrial run(SameDiff sd, DataType type, PruningCheck.Options options) {
    Prepared p = Prepared.of(sd, type, options);
    return p.cut(UnitChoice.kept(p.graph(), p.analysis(), options));
  }

  /** Cuts what another pass has chosen. */
  static CheckTrial run(
      SameDiff sd, DataType type, PruningCheck.Options options, boolean[][] kept) {
    Prepared p = Prepared.of(sd, type, options);
    boolean same =
        Arrays.equals(
            Arrays.stream(kept).mapToInt(k -> k.length).toArray(),
            Arrays.stream(p.analysis().allKept()).mapToInt(k -> k.length).toArray());
    if (!same) {
      throw new Attempt.Ended(
          new Verdict.Different(
              "analysis", "other channel groups in " + type + " than in float32"));
    }
    return p.cut(kept);
  }

  /** The graph in one precision, with inputs that it was seen to run on. */
  private record Prepared(
      DataType type,
      SameDiff graph,
      Map<String, INDArray> inputs,
      List<String> outputs,
      ChannelAnalysis analysis) {

    static Prepared of(SameDiff sd, DataType type, PruningCheck.Options options) {
      SameDiff copy = Attempt.onGraphOf(sd, "", () -> GraphCopy.from(sd).inPrecision(type).build());
      GraphView view = GraphView.of(copy);
      Map<String, INDArray> inputs =
          Attempt.onGraphOf(sd, "", () -> inputs(copy, view, type, options));
      Map<String, long[]> shapes = shapes(copy, view, inputs);
      List<String> outputs = GraphChecks.outputs(sd, view);
      long batch =
          inputs.values().stream().mapToLong(a -> a.rank() == 0 ? 1 : a.size(0)).max().orElse(1);
      ChannelAnalysis analysis =
          Attempt.ofOurs(
              sd,
              "analysis",
              () ->
                  ChannelAnalysis.of(
                      view,
                      shapes,
                      batch,
                      outputs,
                      CutScope.FILTERS
                          .withInexact(options.allowInexact())
                          .withDenseUnits(options.denseUnits())));
      requireGroups(analysis);
      return new Prepared(type, copy, inputs, outputs, analysis);
    }

    CheckTrial cut(boolean[][] kept) {
      SameDiff masked =
          Attempt.ofOurs(
              graph, "masking in " + type, () -> UnitChoice.masked(graph, analysis, kept));
      MaskedComparison comparison = new MaskedComparison(masked, inputs, outputs);
      Set<String> random = RandomNumbers.behind(GraphView.of(graph));
      List<String> repeatable = outputs.stream().filter(o -> !random.contains(o)).toList();
      Compactor.Result result =
          Attempt.ofOurs(
              graph,
              "compaction in " + type,
              () -> Compactor.compact(masked, analysis, kept, inputs, repeatable));
      List<String> inexact = result.inexact();
      List<String> notes = new ArrayList<>();
      Verdict.Differences differences = comparison.to(result.graph(), inexact.isEmpty(), notes);
      return new CheckTrial(analysis, kept, inexact, differences, List.copyOf(notes));
    }

    private static Map<String, INDArray> inputs(
        SameDiff copy, GraphView view, DataType type, PruningCheck.Options options) {
      Map<String, INDArray> given = new LinkedHashMap<>();
      long batch = 0;
      for (Map.Entry<String, INDArray> e : options.exampleInputs().entrySet()) {
        INDArray a = e.getValue();
        if (!view.has(e.getKey())) {
          throw refusal(e.getKey(), "the graph has no placeholder of this name");
        }
        given.put(e.getKey(), a.dataType().isFPType() ? a.castTo(type).dup('c') : a.dup('c'));
        batch = Math.max(batch, a.rank() == 0 ? 0 : a.size(0));
      }
      return Probe.inputs(
          copy, batch == 0 ? PROBE_BATCH : batch, options.seed(), labels(copy, view), given);
    }

    /** What the TrainingConfig calls labels, and placeholders that only losses read. */
    private static List<String> labels(SameDiff copy, GraphView view) {
      List<String> labels = new ArrayList<>();
      if (copy.getTrainingConfig() != null
          && copy.getTrainingConfig().getDataSetLabelMapping() != null) {
        labels.addAll(copy.getTrainingConfig().getDataSetLabelMapping());
      }
      for (GraphView.Var v : view.variables()) {
        List<GraphView.Op> readers = view.consumers(v.name());
        if (!readers.isEmpty() && readers.stream().allMatch(Prepared::isLoss)) {
          labels.add(v.name());
        }
      }
      return labels;
    }

    private static boolean isLoss(GraphView.Op op) {
      return op.function().getClass().getPackageName().endsWith(".impl.loss");
    }

    private static Map<String, long[]> shapes(
        SameDiff copy, GraphView view, Map<String, INDArray> inputs) {
      try {
        return Probe.shapes(copy, inputs);
      } catch (RuntimeException e) {
        for (GraphView.Op op : view.ops()) {
          try {
            Probe.run(copy, inputs, op.outputs());
          } catch (RuntimeException atOp) {
            throw refusal(
                op.output(),
                op.type() + " does not run on " + shapes(inputs) + ": " + Attempt.message(atOp));
          }
        }
        throw refusal(
            "", "the graph does not run on " + shapes(inputs) + ": " + Attempt.message(e));
      }
    }

    private static String shapes(Map<String, INDArray> inputs) {
      StringBuilder text = new StringBuilder("inputs");
      inputs.forEach((name, a) -> text.append(' ').append(name).append(Arrays.toString(a.shape())));
      return text.toString();
    }

    private static void requireGroups(ChannelAnalysis analysis) {
      if (analysis.groups().isEmpty()) {
        Map.Entry<String, String> first =
            analysis.kept().entrySet().stream()
                .findFirst()
                .orElseThrow(
                    () -> refusal("", "the graph has no convolution, and filters are what is cut"));
        throw refusal(
            first.getKey(),
            "no layer's filters can be cut: "
                + first.getValue()
                + (analysis.kept().size() > 1
                    ? " (and " + (analysis.kept().size() - 1) + " more)"
                    : ""));
      }
    }
  }
}
