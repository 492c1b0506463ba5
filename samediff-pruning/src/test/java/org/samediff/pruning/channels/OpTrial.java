package org.samediff.pruning.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.compaction.Compactor;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.ops.GradientMask;
import org.samediff.pruning.rewrite.MaskPass;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.training.MaskSet;

/**
 * Holds an {@link OpCase} against the library and against arithmetic: where its channels lie, that
 * a cut channel holds behind it what the rule says, in inference and in training, and that what is
 * cut equals what is masked, in double and in float.
 */
final class OpTrial {
  private static final int BATCH = 3;
  private static final String OUT = "out";
  private static final List<String> OUTPUTS = List.of("logits", "loss");

  private final OpCase op;
  private final OpNet net;
  private final SameDiff sd;
  private final Map<String, INDArray> inputs;
  private final Map<String, long[]> shapes;

  OpTrial(OpCase op, boolean nhwc, OpCase.Activation activation) {
    this.op = op;
    net = new OpNet(nhwc, activation);
    SDVariable built = op.body().build(net);
    SDVariable out = net.sd.updateVariableNameAndReference(built, OUT);
    INDArray x = Probe.inputs(net.sd, BATCH, 3, List.of()).get("x");
    long[] shape = Probe.run(net.sd, Map.of("x", x), List.of(OUT)).get(OUT).shape();
    sd = net.close(out, shape, shape.length == 4 && op.axis().of(net) == net.axis());
    inputs = feed(sd);
    shapes = Probe.shapes(sd, inputs);
  }

  /** Types of the ops of a case. */
  static Set<String> types(OpCase op, boolean nhwc) {
    OpNet net = new OpNet(nhwc, OpCase.Activation.TANH);
    Set<String> before = Set.copyOf(net.sd.getOps().keySet());
    op.body().build(net);
    return GraphView.of(net.sd).ops().stream()
        .filter(o -> !before.contains(o.name()))
        .map(GraphView.Op::type)
        .collect(Collectors.toSet());
  }

  private ChannelAnalysis analysis(boolean allowInexact) {
    return ChannelAnalysis.of(
        GraphView.of(sd),
        shapes,
        BATCH,
        List.of("logits"),
        CutScope.FILTERS.withInexact(allowInexact));
  }

  /** Each group's size and members, and where its channels lie; that of the end is left out. */
  static String groups(ChannelAnalysis analysis) {
    return analysis.groups().stream()
        .filter(g -> !g.members().equals(List.of("end")))
        .map(g -> g.size() + " " + g.members() + " " + g.cut().keySet())
        .collect(Collectors.joining("\n"));
  }

  /** What the case says, with this layout's axes of a vector over a map's channels. */
  private String groupsHere() {
    return op.groups()
        .strip()
        .replace("[C]", "[" + net.axis() + "]")
        .replace("[C-1]", "[" + (net.axis() - 1) + "]");
  }

  /** Behind a tanh: a cut channel is zero. */
  void behindZero() {
    ChannelAnalysis analysis = analysis(false);
    if (!op.refused().isEmpty()) {
      assertThat(analysis.kept().get("c1")).as("why c1 is kept").contains(op.refused());
      return;
    }
    assertMap(op.zero());
    assertThat(groups(analysis)).isEqualTo(groupsHere());
    assertAlive(cutEqualsMasked(sd, inputs, analysis, op.zero()));
    SameDiff narrow = GraphCopy.from(sd).inPrecision(DataType.FLOAT).build();
    cutEqualsMasked(narrow, feed(narrow), analysis, op.zero());
  }

  /** Behind a sigmoid: a cut channel is a half; cut only if what follows takes it over exactly. */
  void behindConstant() {
    if (!op.refused().isEmpty()) {
      return;
    }
    assertMap(op.uniform());
    ChannelAnalysis exact = analysis(false);
    if (exact.groups().stream().anyMatch(g -> g.members().contains("c1"))) {
      cutEqualsMasked(sd, inputs, exact, op.uniform());
    } else {
      ChannelAnalysis loose = analysis(true);
      SameDiff masked = masked(sd, loose, kept(loose));
      assertDead(runs(masked, inputs), loose, kept(loose), op.uniform());
    }
  }

  /** The map at the op's output, from the rules. */
  private void assertMap(Dead dead) {
    ChannelAnalyzer analyzer =
        new ChannelAnalyzer(GraphView.of(sd), shapes, BATCH, CutScope.FILTERS.withInexact(true));
    analyzer.analyze(List.of("logits"));
    AxisMap map = analyzer.map(OUT).settled();
    int[] filters = analyzer.map("c1_W").axes()[3];
    int expected = op.axis().of(net);
    for (int d = 0; d < map.rank(); d++) {
      int[] at = map.axes()[d];
      int axis = d;
      if (d == expected && at != null) {
        for (int i = 0; i < at.length; i++) {
          assertThat(indexOf(analyzer.space(), filters, at[i]))
              .as("channel at index %d of axis %d", i, axis)
              .isEqualTo(op.channel().applyAsInt(i));
        }
      } else {
        assertThat(at == null || (d != expected && noneOf(analyzer.space(), filters, at)))
            .as("axis %d carries channels", axis)
            .isEqualTo(d != expected);
      }
    }
    assertThat(map.dead()).as("at a cut channel").isEqualTo(dead);
  }

  private static boolean noneOf(ChannelSpace space, int[] filters, int[] atoms) {
    return Arrays.stream(atoms).allMatch(a -> indexOf(space, filters, a) < 0);
  }

  private static int indexOf(ChannelSpace space, int[] filters, int atom) {
    for (int k = 0; k < filters.length; k++) {
      if (space.find(filters[k]) == space.find(atom)) {
        return k;
      }
    }
    return -1;
  }

  /** About half of each group goes. */
  private static boolean[][] kept(ChannelAnalysis analysis) {
    Random random = new Random(23);
    boolean[][] kept = analysis.allKept();
    for (boolean[] group : kept) {
      for (int c = 1; c < group.length; c++) {
        group[c] = c != group.length - 1 && random.nextBoolean();
      }
    }
    return kept;
  }

  private static SameDiff masked(SameDiff sd, ChannelAnalysis analysis, boolean[][] kept) {
    GradientMask.register();
    SameDiff copy = GraphCopy.of(sd);
    MaskSet masks = new MaskSet(copy, analysis, MaskPass.insert(copy, analysis));
    masks.set(kept);
    masks.scaleRedundant(0);
    return copy;
  }

  /** Returns the masked network's logits. */
  private INDArray cutEqualsMasked(
      SameDiff graph, Map<String, INDArray> feed, ChannelAnalysis analysis, Dead dead) {
    boolean[][] kept = kept(analysis);
    SameDiff masked = masked(graph, analysis, kept);
    SameDiff slim = Compactor.compact(masked, analysis, kept, feed, OUTPUTS).graph();
    assertThat(slim.getVariable("c1_W").getArr().size(3)).isLessThan(OpNet.CHANNELS);
    List<Map<String, INDArray>> expected = runs(masked, feed);
    List<Map<String, INDArray>> actual = runs(slim, feed);
    assertDead(expected, analysis, kept, dead);
    for (int mode = 0; mode < expected.size(); mode++) {
      for (String o : OUTPUTS) {
        String what = o + (mode == 0 ? " in inference" : " in training");
        Compare.assertEqual(what, expected.get(mode).get(o), actual.get(mode).get(o));
      }
    }
    return expected.get(0).get("logits");
  }

  /** Examples that differ in mean and size, which noise does not once it is averaged. */
  private static Map<String, INDArray> feed(SameDiff graph) {
    Map<String, INDArray> feed = Probe.inputs(graph, BATCH, 3, List.of("y"));
    for (int i = 0; i < BATCH; i++) {
      feed.get("x").tensorAlongDimension(i, 1, 2, 3).muli(1 + 0.5 * i).addi(0.7 * i - 0.5);
    }
    return feed;
  }

  /** An output that is the same for every example would show no difference. */
  private static void assertAlive(INDArray logits) {
    double apart = logits.getRow(0).sub(logits.getRow(1)).amaxNumber().doubleValue();
    assertThat(apart).as("what the input does").isGreaterThan(1e-5);
  }

  /** In inference and, unless SameDiff cannot, in training. */
  private List<Map<String, INDArray>> runs(SameDiff graph, Map<String, INDArray> feed) {
    List<String> wanted = List.of(OUT, "logits", "loss");
    List<Map<String, INDArray>> runs = new ArrayList<>();
    runs.add(Probe.run(graph, feed, wanted));
    if (op.trains()) {
      runs.add(Compare.inTraining(graph, feed, wanted));
    }
    return runs;
  }

  /** What the masked graph really holds at the cut channels. */
  private void assertDead(
      List<Map<String, INDArray>> runs, ChannelAnalysis analysis, boolean[][] kept, Dead dead) {
    int axis = op.axis().of(net);
    if (axis < 0) {
      return;
    }
    List<INDArray> maps = runs.stream().map(r -> r.get(OUT)).toList();
    boolean[] stays = stays(analysis, kept);
    for (int index = 0; index < maps.get(0).size(axis); index++) {
      int i = index;
      int channel = op.channel().applyAsInt(i);
      if (channel >= 0 && !stays[channel]) {
        double[] values =
            maps.stream().flatMapToDouble(m -> Arrays.stream(slice(m, axis, i))).toArray();
        assertHolds(dead, i, values);
      }
    }
  }

  private static double[] slice(INDArray map, int axis, int index) {
    long inner = 1;
    for (int d = axis + 1; d < map.rank(); d++) {
      inner *= map.size(d);
    }
    double[] all = Compare.values(map);
    List<Double> found = new ArrayList<>();
    for (int f = 0; f < all.length; f++) {
      if (f / inner % map.size(axis) == index) {
        found.add(all[f]);
      }
    }
    return found.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void assertHolds(Dead dead, int index, double[] values) {
    switch (dead) {
      case ZERO ->
          assertThat(Arrays.stream(values).map(Math::abs).max().orElse(0))
              .as("index %d is zero", index)
              .isZero();
      case UNIFORM -> {
        double spread = Arrays.stream(values).map(v -> Math.abs(v - values[0])).max().orElse(0);
        assertThat(spread).as("index %d is one number", index).isLessThan(1e-6);
      }
      case VARYING -> {}
    }
  }

  /** Which of c1's filters stay. */
  private static boolean[] stays(ChannelAnalysis analysis, boolean[][] kept) {
    boolean[] stays = new boolean[OpNet.CHANNELS];
    Arrays.fill(stays, true);
    for (ChannelGroup g : analysis.groups()) {
      int member = g.members().indexOf("c1");
      for (int c = 0; member >= 0 && c < g.size(); c++) {
        for (int filter : g.filters().get(member)[c]) {
          stays[filter] = kept[g.index()][c];
        }
      }
    }
    return stays;
  }
}
