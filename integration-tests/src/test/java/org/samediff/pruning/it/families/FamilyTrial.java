package org.samediff.pruning.it.families;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.FilterSite;
import org.samediff.pruning.graph.Difference;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.it.random.Cutter;
import org.samediff.pruning.it.random.Modes;

/** One network of a family in one precision and layout: what can be cut, and whether it is. */
final class FamilyTrial {
  private static final int BATCH = 3;

  private final DataType type;
  private final SameDiff sd;
  private final Map<String, INDArray> inputs;
  private final ChannelAnalysis analysis;

  FamilyTrial(Family family, DataType type, boolean nhwc) {
    this.type = type;
    Sketch sketch = new Sketch(type, nhwc);
    family.network().accept(sketch);
    sd = sketch.finish();
    inputs = Probe.inputs(sd, BATCH, 5, sketch.labels());
    sketch.features().forEach(name -> spread(inputs.get(name)));
    Cutter.LIBRARY.admit(sd, inputs);
    analysis = Cutter.LIBRARY.analyze(sd, inputs);
  }

  /** Makes the examples differ in mean and size, which noise does not once it is averaged. */
  private static void spread(INDArray examples) {
    for (int i = 0; i < BATCH; i++) {
      examples.tensorAlongDimension(i, otherAxes(examples)).muli(1 + 0.5 * i).addi(0.7 * i - 0.5);
    }
  }

  /** Groups and kept layers, as {@link Family#expected} writes them. */
  String found() {
    List<String> lines = new ArrayList<>();
    analysis.groups().forEach(g -> lines.add(g.size() + " " + String.join(" ", g.members())));
    analysis.kept().forEach((layer, reason) -> lines.add(layer + ": " + reason));
    return lines.stream().collect(Collectors.joining("\n"));
  }

  boolean cuts() {
    return !analysis.groups().isEmpty();
  }

  /** About half of each group goes. */
  boolean[][] half() {
    Random random = new Random(29);
    boolean[][] kept = analysis.allKept();
    for (boolean[] group : kept) {
      int stays = random.nextInt(group.length);
      for (int c = 0; c < group.length; c++) {
        group[c] = c == stays || (c != (stays + 1) % group.length && random.nextBoolean());
      }
    }
    return kept;
  }

  /** All but one of each group go. */
  boolean[][] one() {
    boolean[][] kept = analysis.allKept();
    for (boolean[] group : kept) {
      Arrays.fill(group, false);
      group[group.length / 2] = true;
    }
    return kept;
  }

  /**
   * Cuts, and compares the compacted graph with the masked one in inference and, where the family
   * has a loss, in training.
   *
   * @return the largest difference over the scale of its output
   * @throws IllegalStateException if a filter that was to go is still there, or an output differs
   *     by more than the promised tolerance
   */
  double cut(boolean[][] kept) {
    SameDiff masked = Cutter.LIBRARY.masked(sd, analysis, kept);
    Modes expected = Modes.of(masked, inputs);
    if (Arrays.stream(kept).anyMatch(g -> left(g) > 1)) {
      expected.inference().forEach(FamilyTrial::requireAlive);
    }
    SameDiff slim = Cutter.LIBRARY.compacted(masked, analysis, kept, inputs);
    requireGone(slim, kept);
    Modes actual = Modes.of(slim, inputs);
    if (!sd.getLossVariables().isEmpty() && expected.training().isEmpty()) {
      throw new IllegalStateException("the network cannot be trained");
    }
    return Math.max(
        compare("inference", expected.inference(), actual.inference()),
        compare("training", expected.training(), actual.training()));
  }

  private static int left(boolean[] group) {
    int left = 0;
    for (boolean stays : group) {
      left += stays ? 1 : 0;
    }
    return left;
  }

  /** An output that is the same for every example would show no difference. */
  private static void requireAlive(String output, INDArray array) {
    if (array.rank() < 2 || array.size(0) != BATCH) {
      return;
    }
    INDArray first = array.tensorAlongDimension(0, otherAxes(array));
    INDArray second = array.tensorAlongDimension(1, otherAxes(array));
    double apart = first.sub(second).amaxNumber().doubleValue();
    if (apart < 1e-3 * array.amaxNumber().doubleValue()) {
      throw new IllegalStateException(output + " does not depend on the input");
    }
  }

  private static int[] otherAxes(INDArray array) {
    return IntStream.range(1, array.rank()).toArray();
  }

  private void requireGone(SameDiff slim, boolean[][] kept) {
    for (ChannelGroup g : analysis.groups()) {
      for (int m = 0; m < g.members().size(); m++) {
        FilterSite site = analysis.sites().get(g.members().get(m));
        long before = sd.getVariable(site.weights()).getArr().size(site.filterAxis());
        long after = slim.getVariable(site.weights()).getArr().size(site.filterAxis());
        long gone = 0;
        for (int c = 0; c < g.size(); c++) {
          gone += kept[g.index()][c] ? 0 : g.filters().get(m)[c].length;
        }
        if (after > before - gone || (g.size() > 1 && after == before)) {
          throw new IllegalStateException(
              g.members().get(m) + ": " + after + " of " + before + " filters are left");
        }
      }
    }
  }

  private double compare(
      String mode, Map<String, INDArray> expected, Map<String, INDArray> actual) {
    double worst = 0;
    for (Map.Entry<String, INDArray> e : expected.entrySet()) {
      boolean wide = type == DataType.DOUBLE;
      double absolute = wide ? 1e-9 * e.getValue().amaxNumber().doubleValue() : 1e-5;
      Difference d =
          Difference.between(e.getValue(), actual.get(e.getKey()), absolute, wide ? 1e-9 : 1e-4);
      if (!d.within()) {
        throw new IllegalStateException(
            "%s in %s, %s: %s expected, %s found"
                .formatted(e.getKey(), mode, type, d.expected(), d.actual()));
      }
      worst = Math.max(worst, d.maxRelative());
    }
    return worst;
  }
}
