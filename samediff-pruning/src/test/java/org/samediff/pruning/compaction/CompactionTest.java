package org.samediff.pruning.compaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.layers.BatchNormalization;
import org.samediff.pruning.ops.GradientMask;
import org.samediff.pruning.rewrite.ReservedNames;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.testing.Nets;

class CompactionTest {
  private static final long SEED = 61;
  private static final int STEPS = 10;
  private static final List<String> OUTPUTS = List.of("logits", "probs", "loss");

  private static final String NETS =
      """
      chain,FLOAT,false
      chain,FLOAT,true
      chain,DOUBLE,false
      vgg,FLOAT,false
      vgg,FLOAT,true
      vgg,DOUBLE,true
      resnet,FLOAT,false
      resnet,FLOAT,true
      resnet,DOUBLE,false
      """;

  private static final String DOUBLE_NETS =
      """
      chain,DOUBLE,false
      chain,DOUBLE,true
      vgg,DOUBLE,false
      resnet,DOUBLE,false
      resnet,DOUBLE,true
      """;

  /** A finished run: the graph with its masks still in, and what came of it. */
  private record Run(
      SameDiff original, PrunedGraph pruned, CompactedGraph slim, Map<String, INDArray> inputs) {
    SameDiff masked() {
      return pruned.graph();
    }

    SameDiff compacted() {
      return slim.graph();
    }
  }

  private static Run run(SameDiff net, boolean nhwc, double macs, double minKept) {
    DataType type = net.getVariable("fc_W").dataType();
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(macs)
            .minKeptRatio(minKept)
            .steps(STEPS)
            .build()
            .apply(net);
    List<DataSet> data = Nets.data(type, SEED, STEPS, 8, nhwc);
    pruned.graph().fit(new Batches(data), 1, pruned.listener());
    return new Run(net, pruned, pruned.compact(), inputs(net));
  }

  /** Finished runs that tests only read. */
  private static final Map<String, Run> SHARED = new HashMap<>();

  private static Run run(String net, DataType type, boolean nhwc) {
    return SHARED.computeIfAbsent(
        net + type + nhwc, k -> run(Nets.named(net, type, SEED, nhwc), nhwc, 0.5, 0.1));
  }

  @AfterAll
  static void forget() {
    SHARED.clear();
  }

  /** Other inputs than the proof inside {@code compact} has seen. */
  private static Map<String, INDArray> inputs(SameDiff net) {
    return Probe.inputs(net, 7, SEED + 1, List.of("y"));
  }

  /** What is left of an array in a parameter's shape, element by element. */
  private static INDArray sliced(PrunedGraph pruned, String variable, INDArray array) {
    boolean[][] kept = pruned.kept();
    Map<Integer, boolean[]> gone = new TreeMap<>();
    for (ChannelGroup g : pruned.groups()) {
      for (Map.Entry<LeafAxis, int[][]> e : g.cut().entrySet()) {
        if (!e.getKey().variable().equals(variable)) {
          continue;
        }
        int axis = e.getKey().axis();
        boolean[] out = gone.computeIfAbsent(axis, a -> new boolean[(int) array.size(a)]);
        for (int c = 0; c < g.size(); c++) {
          if (!kept[g.index()][c]) {
            Arrays.stream(e.getValue()[c]).forEach(i -> out[i] = true);
          }
        }
      }
    }
    int[][] stay = new int[array.rank()][];
    long[] shape = new long[array.rank()];
    for (int d = 0; d < stay.length; d++) {
      boolean[] out = gone.getOrDefault(d, new boolean[(int) array.size(d)]);
      stay[d] = IntStream.range(0, out.length).filter(i -> !out[i]).toArray();
      shape[d] = stay[d].length;
    }
    double[] values = new double[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
    int[] at = new int[stay.length];
    for (int i = 0; i < values.length; i++) {
      int rest = i;
      for (int d = stay.length - 1; d >= 0; d--) {
        at[d] = stay[d][rest % stay[d].length];
        rest /= stay[d].length;
      }
      values[i] = array.getDouble(at);
    }
    return Nd4j.createFromArray(values).castTo(array.dataType()).reshape('c', shape);
  }

  private static double assertEqualOutputs(
      String what, Map<String, INDArray> expected, Map<String, INDArray> actual) {
    double worst = 0;
    for (Map.Entry<String, INDArray> e : expected.entrySet()) {
      worst =
          Math.max(
              worst,
              Compare.assertEqual(
                  "seed " + SEED + ", " + what + ", " + e.getKey(),
                  e.getValue(),
                  actual.get(e.getKey())));
    }
    return worst;
  }

  @ParameterizedTest
  @CsvSource(textBlock = NETS)
  void compactedEqualsMaskedInInferenceAndTraining(String net, DataType type, boolean nhwc) {
    Run run = run(net, type, nhwc);

    assertEqualOutputs(
        "inference",
        Probe.run(run.masked(), run.inputs(), OUTPUTS),
        Probe.run(run.compacted(), run.inputs(), OUTPUTS));
    assertEqualOutputs(
        "inference of the stripped graph",
        Probe.run(run.pruned().maskedGraph(), run.inputs(), OUTPUTS),
        Probe.run(run.compacted(), run.inputs(), OUTPUTS));
    assertEqualOutputs(
        "training",
        Compare.inTraining(run.masked(), run.inputs(), OUTPUTS),
        Compare.inTraining(run.compacted(), run.inputs(), OUTPUTS));
    assertThat(run.slim().report().macsAfter())
        .isLessThanOrEqualTo(run.slim().report().macsBefore() / 2);
    GraphVerifier.require(run.compacted());
  }

  @ParameterizedTest
  @CsvSource(textBlock = NETS)
  void arraysAreTheMaskedOnesWithoutTheCut(String net, DataType type, boolean nhwc) {
    Run run = run(net, type, nhwc);
    Map<String, INDArray> compacted = Compare.arrays(run.compacted());
    long smaller = 0;

    for (Map.Entry<String, INDArray> e : Compare.arrays(run.masked()).entrySet()) {
      if (!ReservedNames.isOurs(e.getKey()) && e.getValue().dataType() == type) {
        INDArray expected = sliced(run.pruned(), e.getKey(), e.getValue());
        Compare.assertSame(e.getKey(), expected, compacted.get(e.getKey()));
        smaller += expected.length() < e.getValue().length() ? 1 : 0;
      }
    }
    assertThat(smaller).isGreaterThan(3);
  }

  @ParameterizedTest
  @CsvSource(textBlock = DOUBLE_NETS)
  void gradientsOfWhatIsLeftAreTheMaskedOnes(String net, DataType type, boolean nhwc) {
    Run run = run(net, type, nhwc);
    List<String> parameters = Compare.parameters(run.original());

    Map<String, INDArray> masked = Compare.gradients(run.masked(), run.inputs(), parameters);
    Map<String, INDArray> actual = Compare.gradients(run.compacted(), run.inputs(), parameters);

    double largest =
        masked.values().stream().mapToDouble(g -> g.amaxNumber().doubleValue()).max().orElse(0);
    for (String p : parameters) {
      INDArray expected = sliced(run.pruned(), p, masked.get(p));
      // a gradient that is nothing but rounding (a filter's sum before a batch norm) has no scale
      double difference =
          Arrays.equals(expected.shape(), actual.get(p).shape())
              ? expected.sub(actual.get(p)).amaxNumber().doubleValue()
              : Double.POSITIVE_INFINITY;
      assertThat(difference / largest)
          .as("seed %d: dL/d%s, largest difference over the largest gradient", SEED, p)
          .isLessThan(1e-9);
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = NETS)
  void keepsConfigurationLossNamesAndPlaceholders(String net, DataType type, boolean nhwc) {
    Run run = run(net, type, nhwc);
    SameDiff slim = run.compacted();

    assertThat(slim.getLossVariables()).containsExactly("loss");
    assertThat(slim.getVariables().keySet()).isEqualTo(run.original().getVariables().keySet());
    assertThat(slim.getOps().keySet()).isEqualTo(run.original().getOps().keySet());
    for (String placeholder : List.of("x", "y")) {
      assertThat(slim.getVariable(placeholder).isPlaceHolder()).isTrue();
      assertThat(slim.getVariable(placeholder).placeholderShape())
          .isEqualTo(run.original().getVariable(placeholder).placeholderShape());
    }
    assertThat(slim.getTrainingConfig().getUpdater())
        .isEqualTo(run.original().getTrainingConfig().getUpdater());
    assertThat(slim.getTrainingConfig().getDataSetFeatureMapping()).containsExactly("x");
    assertThat(slim.getTrainingConfig().getDataSetLabelMapping()).containsExactly("y");
    assertThat(slim.getTrainingConfig().getIterationCount()).isEqualTo(STEPS);
    assertThat(slim.getTrainingConfig().getTrainEvaluations())
        .satisfiesAnyOf(m -> assertThat(m).isNull(), m -> assertThat(m).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"Nesterovs,chain", "Nesterovs,resnet", "Adam,chain", "Adam,resnet"})
  void updaterStateIsSlicedWithTheFilters(String updater, String net) {
    Run run = run(withUpdater(net, updater), false, 0.5, 0.1);

    assertThat(run.compacted().getUpdaterMap().keySet())
        .isEqualTo(run.masked().getUpdaterMap().keySet());
    run.masked()
        .getUpdaterMap()
        .forEach(
            (parameter, u) -> {
              Map<String, INDArray> actual = state(run.compacted(), parameter);
              assertThat(actual)
                  .isNotEmpty()
                  .containsOnlyKeys(state(run.masked(), parameter).keySet());
              state(run.masked(), parameter)
                  .forEach(
                      (key, array) ->
                          Compare.assertSame(
                              parameter + ", " + key,
                              sliced(run.pruned(), parameter, array),
                              actual.get(key)));
            });
  }

  private static SameDiff withUpdater(String net, String updater) {
    SameDiff sd = Nets.named(net, DataType.DOUBLE, SEED, false);
    IUpdater u = updater.equals("Adam") ? new Adam(2e-3) : new Nesterovs(0.05, 0.9);
    Nets.train(sd, u, new L2Regularization(1e-3));
    return sd;
  }

  private static Map<String, INDArray> state(SameDiff sd, String parameter) {
    Map<String, INDArray> state = new TreeMap<>();
    sd.getUpdaterMap()
        .get(parameter)
        .getState()
        .forEach((key, array) -> state.put((String) key, (INDArray) array));
    return state;
  }

  @ParameterizedTest
  @CsvSource({"Nesterovs,chain", "Nesterovs,resnet", "Adam,chain", "Adam,resnet"})
  void trainsOnAsTheMaskedGraphDoes(String updater, String net) {
    Run run = run(withUpdater(net, updater), false, 0.5, 0.1);
    Map<String, INDArray> before = Compare.arrays(run.compacted());
    List<DataSet> next = Nets.data(DataType.DOUBLE, SEED + 2, 1, 8);

    run.masked().fit(new Batches(next), 1, run.pruned().listener());
    run.compacted().fit(new Batches(next), 1);

    Map<String, INDArray> actual = Compare.arrays(run.compacted());
    for (Map.Entry<String, INDArray> e : Compare.arrays(run.masked()).entrySet()) {
      String name = e.getKey();
      if (!ReservedNames.isOurs(name) && e.getValue().dataType() == DataType.DOUBLE) {
        Compare.assertEqual(
            "seed " + SEED + ": " + name,
            sliced(run.pruned(), name, e.getValue()),
            actual.get(name));
      }
    }
    for (String p : Compare.parameters(run.original())) {
      assertThat(actual.get(p)).as("%s moves", p).isNotEqualTo(before.get(p));
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = NETS)
  void savesAndLoadsAsAPlainFile(String net, DataType type, boolean nhwc, @TempDir Path dir) {
    Run run = run(net, type, nhwc);
    Path file = dir.resolve("slim.fb");

    run.slim().save(file);
    SameDiff loaded = SameDiff.load(file.toFile(), false);

    assertThat(dir).isDirectoryContaining(p -> p.equals(file));
    assertThat(dir.toFile().list())
        .as("model and manifest, no temporary file")
        .containsExactlyInAnyOrder("slim.fb", "slim.fb.json");
    assertThat(GraphText.digest(loaded)).isEqualTo(GraphText.digest(run.compacted()));
    for (GraphView.Op op : GraphView.of(loaded).ops()) {
      assertThat(op.type()).as(op.name()).isNotEqualTo(GradientMask.OP_NAME);
      assertThat(ReservedNames.isOurs(op.output())).as(op.output()).isFalse();
    }
    Map<String, INDArray> expected = Probe.run(run.compacted(), run.inputs(), OUTPUTS);
    Probe.run(loaded, run.inputs(), OUTPUTS)
        .forEach((name, a) -> Compare.assertSame(name, expected.get(name), a));
  }

  @Test
  void fileWithUpdaterStateTrainsOn(@TempDir Path dir) {
    Run run = run(Nets.resnet(DataType.FLOAT, SEED), false, 0.5, 0.1);
    Path file = dir.resolve("slim.fb");
    run.slim().save(file, true);
    SameDiff loaded = SameDiff.load(file.toFile(), true);
    BatchNormalization.keepRunningAverages(loaded);
    List<DataSet> next = Nets.data(DataType.FLOAT, SEED + 2, 2, 8);

    loaded.fit(new Batches(next), 1);
    run.compacted().fit(new Batches(next), 1);

    Compare.assertSameArrays("seed " + SEED, run.compacted(), loaded);
  }

  @ParameterizedTest
  @CsvSource({"chain", "vgg", "resnet"})
  void compactedGraphIsPrunedAgain(String net) {
    Run first = run(net, DataType.FLOAT, false);

    Run second = run(first.compacted(), false, 0.4, 0.1);

    assertEqualOutputs(
        "second time",
        Probe.run(second.masked(), first.inputs(), OUTPUTS),
        Probe.run(second.compacted(), first.inputs(), OUTPUTS));
    assertThat(second.slim().report().macsBefore()).isEqualTo(first.slim().report().macsAfter());
    assertThat(second.slim().report().macsAfter())
        .isLessThanOrEqualTo((long) (0.6 * first.slim().report().macsAfter()));
  }

  /** 12 + 1 channels would broadcast in the shortcut's addition, and nobody would notice. */
  @ParameterizedTest
  @CsvSource(textBlock = NETS)
  void oneChannelLeftEverywhere(String net, DataType type, boolean nhwc) {
    Run run = run(Nets.named(net, type, SEED, nhwc), nhwc, 0.999, 0.01);

    Map<String, long[]> shapes = Probe.shapes(run.compacted(), run.inputs());
    int channelAxis = nhwc ? 3 : 1;
    List<String> maps = new ArrayList<>();
    for (GraphView.Op op : GraphView.of(run.compacted()).ops()) {
      if (op.type().equals("conv2d") || op.output().endsWith("_sum")) {
        maps.add(op.output());
        assertThat(shapes.get(op.output())[channelAxis]).as(op.output()).isEqualTo(1);
      }
    }
    assertThat(maps).hasSizeGreaterThanOrEqualTo(2);
    assertEqualOutputs(
        "inference",
        Probe.run(run.masked(), run.inputs(), OUTPUTS),
        Probe.run(run.compacted(), run.inputs(), OUTPUTS));
    assertEqualOutputs(
        "training",
        Compare.inTraining(run.masked(), run.inputs(), OUTPUTS),
        Compare.inTraining(run.compacted(), run.inputs(), OUTPUTS));
  }

  @ParameterizedTest
  @CsvSource(textBlock = NETS)
  void originalIsUntouchedByTheWholeRun(String net, DataType type, boolean nhwc) {
    SameDiff original = Nets.named(net, type, SEED, nhwc);
    String before = GraphText.digest(original);
    Function<SameDiff, List<Object>> outside =
        sd ->
            List.of(
                sd.getListeners().size(),
                sd.getTrainingConfig().getIterationCount(),
                sd.getFunction("grad") == null,
                sd.isInitializedTraining());
    List<Object> state = outside.apply(original);

    Run run = run(original, nhwc, 0.5, 0.1);
    run.compacted().fit(new Batches(Nets.data(type, SEED, 1, 4, nhwc)), 1);

    assertThat(GraphText.digest(original)).isEqualTo(before);
    assertThat(outside.apply(original)).isEqualTo(state);
    assertThat(GraphText.digest(run.compacted())).isNotEqualTo(before);
  }

  /** A machine that has ND4J and has never heard of this library: a JVM without our classes. */
  @Test
  void fileNeedsNoClassOfOurs(@TempDir Path dir) throws Exception {
    Run run = run("resnet", DataType.FLOAT, false);
    run.slim().save(dir.resolve("slim.fb"));
    Nd4j.saveBinary(run.inputs().get("x"), dir.resolve("x.bin").toFile());
    Path program = dir.resolve("Plain.java");
    Files.writeString(
        program,
        """
        import java.io.File;
        import java.util.Map;
        import org.nd4j.autodiff.samediff.SameDiff;
        import org.nd4j.linalg.factory.Nd4j;

        class Plain {
          public static void main(String[] dir) throws Exception {
            try {
              Class.forName("org.samediff.pruning.PruningTransform");
              System.exit(3);
            } catch (ClassNotFoundException expected) {
              SameDiff sd = SameDiff.load(new File(dir[0], "slim.fb"), false);
              var x = Nd4j.readBinary(new File(dir[0], "x.bin"));
              var probs = sd.output(Map.of("x", x), "probs").get("probs");
              Nd4j.saveBinary(probs, new File(dir[0], "probs.bin"));
            }
          }
        }
        """);
    String ours = System.getProperty("java.class.path");
    String jars =
        Arrays.stream(
                System.getProperty("surefire.test.class.path", ours).split(File.pathSeparator))
            .filter(entry -> entry.endsWith(".jar"))
            .collect(Collectors.joining(File.pathSeparator));
    Path log = dir.resolve("log.txt");
    int exit =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                jars,
                program.toString(),
                dir.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();

    assertThat(exit).as("the other JVM said: %s", Files.readString(log)).isZero();
    Compare.assertSame(
        "probs in another JVM",
        Probe.run(run.compacted(), run.inputs(), List.of("probs")).get("probs"),
        Nd4j.readBinary(dir.resolve("probs.bin").toFile()));
  }
}
