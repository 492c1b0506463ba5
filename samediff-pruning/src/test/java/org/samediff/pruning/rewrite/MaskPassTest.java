package org.samediff.pruning.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.training.MaskSet;

class MaskPassTest {
  private static final long SEED = 31;
  private static final int BATCH = 5;
  private static final List<String> OUTPUTS = List.of("logits", "probs", "loss");

  private static final String ALL_NETS =
      """
      chain,FLOAT,false
      chain,DOUBLE,false
      chain,FLOAT,true
      vgg,FLOAT,false
      vgg,DOUBLE,false
      resnet,FLOAT,false
      resnet,DOUBLE,false
      resnet,FLOAT,true
      """;

  /** A net, and a copy of it with masks. */
  private static final class Masked {
    final SameDiff original;
    final SameDiff masked;
    final ChannelAnalysis analysis;
    final MaskSet masks;
    final Map<String, INDArray> inputs;
    final List<String> parameters;

    Masked(String name, DataType type, boolean nhwc) {
      SameDiff net = Nets.named(name, type, SEED, nhwc);
      original = net;
      masked = GraphCopy.of(net);
      inputs = Probe.inputs(net, BATCH, SEED, List.of("y"));
      Map<String, long[]> shapes = Probe.shapes(net, inputs);
      analysis = ChannelAnalysis.of(GraphView.of(net), shapes, BATCH, OUTPUTS);
      masks = new MaskSet(masked, analysis, MaskPass.insert(masked, analysis));
      parameters = Compare.parameters(original);
    }

    /** About a third of each group's channels, never all. */
    boolean[][] someKept(long seed) {
      Random random = new Random(seed);
      boolean[][] kept = analysis.allKept();
      for (boolean[] group : kept) {
        for (int c = 1; c < group.length; c++) {
          group[c] = random.nextInt(3) > 0;
        }
        group[group.length - 1] = false;
      }
      return kept;
    }

    /** For each masked parameter an array of ones with zeros where a redundant unit lies. */
    Map<String, INDArray> written(boolean[][] kept) {
      Map<String, INDArray> result = new LinkedHashMap<>();
      for (ChannelGroup group : analysis.groups()) {
        for (Map.Entry<LeafAxis, int[][]> e : group.masked().entrySet()) {
          String name = e.getKey().variable();
          INDArray ones =
              result.computeIfAbsent(
                  name, n -> original.getVariable(n).getArr().dup('c').assign(1));
          for (int c = 0; c < group.size(); c++) {
            if (!kept[group.index()][c]) {
              zero(ones, e.getKey().axis(), e.getValue()[c]);
            }
          }
        }
      }
      return result;
    }

    private static void zero(INDArray array, int axis, int[] indices) {
      long inner = 1;
      for (int d = axis + 1; d < array.rank(); d++) {
        inner *= array.size(d);
      }
      for (long i = 0; i < array.length(); i++) {
        int at = (int) (i / inner % array.size(axis));
        if (Arrays.stream(indices).anyMatch(x -> x == at)) {
          array.putScalar(i, 0);
        }
      }
    }

    void assertSameForward(String when) {
      Map<String, INDArray> plain = Probe.run(original, inputs, OUTPUTS);
      Probe.run(masked, inputs, OUTPUTS)
          .forEach((name, a) -> Compare.assertSame(when + ", " + name, plain.get(name), a));
      Map<String, INDArray> training = Compare.inTraining(original, inputs, OUTPUTS);
      Compare.inTraining(masked, inputs, OUTPUTS)
          .forEach(
              (name, a) ->
                  Compare.assertSame(when + ", in training, " + name, training.get(name), a));
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = ALL_NETS)
  void masksAtOneChangeNoBit(String net, DataType type, boolean nhwc) {
    Masked t = new Masked(net, type, nhwc);

    t.assertSameForward("seed " + SEED);
    List<String> differentiated = new ArrayList<>(t.parameters);
    differentiated.add("logits");
    Map<String, INDArray> expected = Compare.gradients(t.original, t.inputs, differentiated);
    Compare.gradients(t.masked, t.inputs, differentiated)
        .forEach((name, g) -> Compare.assertSame("dL/d" + name, expected.get(name), g));
    assertThat(expected.get(t.parameters.get(0)).norm2Number().doubleValue()).isGreaterThan(0);
    GraphVerifier.require(t.masked);
  }

  @ParameterizedTest
  @CsvSource(textBlock = ALL_NETS)
  void redundantUnitsGetNoGradientAndKeptOnesTheirOwn(String net, DataType type, boolean nhwc) {
    Masked t = new Masked(net, type, nhwc);
    Map<String, INDArray> expected = Compare.gradients(t.original, t.inputs, t.parameters);
    Compare.gradients(t.masked, t.inputs, t.parameters);
    SameDiff function = t.masked.getFunction("grad");

    for (long seed = SEED; seed < SEED + 3; seed++) {
      boolean[][] kept = t.someKept(seed);
      t.masks.set(kept);
      Map<String, INDArray> written = t.written(kept);
      assertThat(written).as("masked parameters").isNotEmpty();
      double held = 0;

      Map<String, INDArray> actual = Compare.gradients(t.masked, t.inputs, t.parameters);

      for (String p : t.parameters) {
        INDArray full = expected.get(p);
        INDArray mask = written.get(p);
        Compare.assertSame(
            "seed " + seed + ": dL/d" + p, mask == null ? full : full.mul(mask), actual.get(p));
        if (mask != null) {
          held += full.mul(mask.rsub(1)).norm2Number().doubleValue();
        }
      }
      assertThat(held).as("gradient that was held back").isGreaterThan(1e-3);
      t.assertSameForward("masks of seed " + seed);
      assertThat(t.masked.getFunction("grad")).isSameAs(function);
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = ALL_NETS)
  void everyParameterOfAUnitIsMasked(String net, DataType type, boolean nhwc) {
    Masked t = new Masked(net, type, nhwc);

    List<String> expected =
        t.parameters.stream().filter(n -> !n.startsWith("fc_") && !n.startsWith("d1_")).toList();
    assertThat(t.written(t.analysis.allKept()).keySet())
        .as("filters, biases, gammas and betas of every convolution")
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @ParameterizedTest
  @CsvSource(textBlock = ALL_NETS)
  void stripGivesTheOriginalBack(String net, DataType type, boolean nhwc) {
    Masked t = new Masked(net, type, nhwc);
    assertThat(GraphText.of(t.masked)).isNotEqualTo(GraphText.of(t.original));
    t.masks.set(t.someKept(SEED));

    SameDiff stripped = StripPass.from(t.masked).build();

    GraphVerifier.require(stripped);
    assertThat(GraphText.of(stripped)).isEqualTo(GraphText.of(t.original));
    assertThat(GraphText.digest(stripped)).isEqualTo(GraphText.digest(t.original));
    assertThat(stripped.getOps().keySet()).isEqualTo(t.original.getOps().keySet());
  }
}
