package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Compare;
import org.samediff.pruning.testing.Nets;

/** The plan as a file, and carried out on other copies of the graph. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PruningPlanTest {
  private static final long SEED = 7;

  @TempDir Path folder;

  private PrunedGraph pruned;
  private CompactedGraph slim;

  private static CompactedGraph train(SameDiff sd, PruningTransform.Builder builder) {
    return run(sd, builder).compact();
  }

  private static PrunedGraph run(SameDiff sd, PruningTransform.Builder builder) {
    DataType type = sd.getVariable("x").dataType();
    PrunedGraph pruned = builder.steps(9).build().apply(sd);
    pruned.graph().fit(new Batches(Nets.data(type, SEED, 3, 10)), 3, pruned.listener());
    return pruned;
  }

  @BeforeAll
  void trainAndCompact() {
    pruned = run(Nets.resnet(DataType.DOUBLE, SEED), PruningTransform.builder().macsTarget(0.5));
    slim = pruned.compact();
  }

  private static void refuses(Code code, ThrowingCallable call, String... named) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContainingAll(named);
  }

  private static Map<String, String> shapes(SameDiff sd) {
    Map<String, String> shapes = new LinkedHashMap<>();
    GraphView.of(sd)
        .variables()
        .forEach(v -> shapes.put(v.name(), v.type() + Arrays.toString(v.shape())));
    return shapes;
  }

  @Test
  void theFileHoldsWhatWasCutWhyAndWhatItSaves() {
    PruningPlan plan = slim.plan();
    PruningReport report = slim.report();
    assertThat(plan.criterion()).isEqualTo(report.criterion());
    assertThat(plan.before())
        .isEqualTo(
            new PruningPlan.Size(
                report.filtersBefore(), report.parametersBefore(), report.macsBefore()));
    assertThat(plan.after())
        .isEqualTo(
            new PruningPlan.Size(
                report.filtersAfter(), report.parametersAfter(), report.macsAfter()));
    double[][] scores = pruned.scores();
    for (ChannelGroup g : pruned.groups()) {
      PruningPlan.Group group = plan.groups().get(g.index());
      assertThat(group.layers()).isEqualTo(g.members());
      assertThat(group.channels()).isEqualTo(g.size());
      boolean[] kept = pruned.kept()[g.index()];
      assertThat(group.cut())
          .isEqualTo(IntStream.range(0, g.size()).filter(c -> !kept[c]).boxed().toList());
      for (int i = 0; i < group.cut().size(); i++) {
        assertThat(group.scores().get(i)).isEqualTo(scores[g.index()][group.cut().get(i)]);
        assertThat(group.scores().get(i)).isLessThanOrEqualTo(group.lowestKeptScore());
      }
      assertThat(group.lowestKeptScore())
          .isEqualTo(
              IntStream.range(0, g.size())
                  .filter(c -> kept[c])
                  .mapToDouble(c -> scores[g.index()][c])
                  .min()
                  .orElseThrow());
    }
    assertThat(plan.groups().stream().mapToInt(g -> g.cut().size()).sum()).isPositive();
    assertThat(plan.source().text())
        .isEqualTo(GraphText.of(Nets.resnet(DataType.DOUBLE, SEED)).lines().toList());
  }

  @Test
  void savingsOfOneGroupAreThoseOfItsCutAlone() {
    // chain: c1 3 -> 8 and c2 8 -> 10, 3x3 with bias, at 12x12 and 6x6; d1 reads 36 of each of c2's
    PruningPlan plan =
        train(
                Nets.chain(DataType.FLOAT, SEED),
                PruningTransform.builder().layerRatio("c1", 0.25).layerRatio("c2", 0.5))
            .plan();
    int c1 = 3 * 9;
    int c2 = 8 * 9;
    assertThat(plan.groups().get(0).saves())
        .isEqualTo(new PruningPlan.Size(2, 2 * (c1 + 1 + 9 * 10), 2 * (c1 * 144 + 9 * 10 * 36)));
    assertThat(plan.groups().get(1).saves())
        .isEqualTo(new PruningPlan.Size(5, 5 * (c2 + 1 + 36 * 16), 5 * (c2 * 36 + 36 * 16)));
    assertThat(plan.before())
        .isEqualTo(
            new PruningPlan.Size(
                18,
                8 * (c1 + 1) + 10 * (c2 + 1) + 361 * 16 + 17 * 4,
                8 * c1 * 144 + 10 * c2 * 36 + 360 * 16 + 16 * 4));
  }

  @Test
  void writtenAndReadItIsTheSame() throws IOException {
    Path file = folder.resolve("plan.json");
    slim.plan().write(file);
    PruningPlan read = PruningPlan.read(file);
    assertThat(read).isEqualTo(slim.plan());
    assertThat(Files.readString(file)).isEqualTo(read.toJson()).isEqualTo(slim.plan().toJson());
    assertThat(PruningPlan.fromJson(read.toJson())).isEqualTo(read);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.filter(f -> f.toString().endsWith(".tmp"))).isEmpty();
    }
    assertThat(read.toString()).isEqualTo(slim.plan().toString()).contains("stem + a_c2: ");
  }

  @Test
  void theTextIsReadable() {
    PruningPlan plan =
        new PruningPlan(
            new PruningPlan.Source(
                List.of(
                    "var x, \"y,\" PLACEHOLDER",
                    "op conv2d(x, W) -> c1 i[3, 3, 1, 1, 0, 0]",
                    "loss loss"),
                List.of("a,", "b"),
                new CutScope(Set.of(), Set.of("d"), false, true)),
            "l2",
            new PruningPlan.Size(8, 80, 800),
            new PruningPlan.Size(6, 60, 600),
            List.of(
                new PruningPlan.Group(
                    List.of("c1", "c2"),
                    8,
                    List.of(0, 3),
                    List.of(0.25, 1e-9),
                    0.5,
                    new PruningPlan.Size(2, 20, 200))),
            Map.of("c9", "add \"sum\" joins it\nwith data that cannot be cut"));
    assertThat(plan.toJson())
        .isEqualTo(
            """
            {
              "format": "samediff-pruning-plan",
              "version": 1,
              "criterion": "l2",
              "before": {
                "filters": 8,
                "parameters": 80,
                "macs": 800
              },
              "after": {
                "filters": 6,
                "parameters": 60,
                "macs": 600
              },
              "groups": [
                {
                  "layers": ["c1", "c2"],
                  "channels": 8,
                  "cut": [0, 3],
                  "scores": [0.25, 1.0E-9],
                  "lowestKeptScore": 0.5,
                  "saves": {
                    "filters": 2,
                    "parameters": 20,
                    "macs": 200
                  }
                }
              ],
              "keptLayers": {
                "c9": "add \\"sum\\" joins it\\nwith data that cannot be cut"
              },
              "graph": {
                "outputs": ["a,", "b"],
                "ignoredLayers": [],
                "unlistedLayers": ["d"],
                "allowInexact": false,
                "denseUnits": true,
                "text": [
                  "var x, \\"y,\\" PLACEHOLDER",
                  "op conv2d(x, W) -> c1 i[3, 3, 1, 1, 0, 0]",
                  "loss loss"
                ]
              }
            }
            """);
    assertThat(PruningPlan.fromJson(plan.toJson())).isEqualTo(plan);
  }

  // --- replay ---

  @ParameterizedTest
  @CsvSource({"chain,FLOAT", "vgg,FLOAT", "vgg,DOUBLE", "resnet,FLOAT", "resnet,DOUBLE"})
  void replayedOnTheOriginalItGivesTheSameShapes(String net, DataType type) {
    SameDiff sd = Nets.named(net, type, SEED, false);
    CompactedGraph compacted = train(sd, PruningTransform.builder().macsTarget(0.5));
    PruningPlan plan = PruningPlan.fromJson(compacted.plan().toJson());
    // another copy: other weights, no TrainingConfig
    SameDiff other = Nets.named(net, type, SEED + 1, false);
    other.setTrainingConfig(null);
    String before = GraphText.digest(other);
    CompactedGraph replayed = PruningTransform.replay(plan, other);

    assertThat(GraphText.digest(other)).as("the graph is only read").isEqualTo(before);
    assertThat(shapes(replayed.graph())).isEqualTo(shapes(compacted.graph()));
    assertThat(GraphText.of(replayed.graph())).isEqualTo(GraphText.of(compacted.graph()));
    assertThat(replayed.plan()).isEqualTo(plan);
    assertThat(replayed.report().macsAfter()).isEqualTo(compacted.report().macsAfter());
    assertThat(replayed.report().maxRelativeDifference())
        .isLessThan(type == DataType.DOUBLE ? 1e-9 : 1e-4);
    assertThat(replayed.keptTaskFeatures(sd, new Batches(Nets.data(type, SEED, 2, 10))))
        .isBetween(0.05, 1.0);
  }

  @Test
  void replayedOnTheOriginalItsOutputsAreThoseOfTheMaskedCopy() {
    // the reference zeroes the plan's units one element at a time
    SameDiff other = Nets.resnet(DataType.DOUBLE, SEED + 2);
    SameDiff masked = GraphCopy.of(other);
    for (ChannelGroup g : pruned.groups()) {
      List<Integer> cut = slim.plan().groups().get(g.index()).cut();
      g.masked()
          .forEach(
              (leaf, indices) -> {
                INDArray array = masked.getVariable(leaf.variable()).getArr();
                for (int c : cut) {
                  for (int i : indices[c]) {
                    zero(array, leaf.axis(), i);
                  }
                }
              });
    }
    CompactedGraph replayed = PruningTransform.replay(slim.plan(), other);
    Map<String, INDArray> inputs = Probe.inputs(other, 5, 99, List.of("y"));
    for (String output : List.of("logits", "probs", "loss")) {
      double[] expected = Compare.values(Probe.run(masked, inputs, List.of(output)).get(output));
      double[] actual =
          Compare.values(Probe.run(replayed.graph(), inputs, List.of(output)).get(output));
      assertThat(actual).as(output).containsExactly(expected, within(1e-9));
      double[] original = Compare.values(Probe.run(other, inputs, List.of(output)).get(output));
      assertThat(actual).as(output).isNotEqualTo(original);
    }
  }

  private static void zero(INDArray array, int axis, int index) {
    for (long i = 0; i < array.length(); i++) {
      long[] at = new long[array.rank()];
      long rest = i;
      for (int d = at.length - 1; d >= 0; d--) {
        at[d] = rest % array.size(d);
        rest /= array.size(d);
      }
      if (at[axis] == index) {
        array.putScalar(at, 0);
      }
    }
  }

  @Test
  void replayedOnTheMaskedTrainedGraphItGivesTheCompactedOne() {
    SameDiff masked = pruned.maskedGraph();
    CompactedGraph replayed = PruningTransform.replay(slim.plan(), masked);
    assertThat(GraphText.digest(replayed.graph())).isEqualTo(GraphText.digest(slim.graph()));
    Map<String, INDArray> inputs = Probe.inputs(masked, 5, 99, List.of("y"));
    assertThat(Compare.values(Probe.run(replayed.graph(), inputs, List.of("probs")).get("probs")))
        .isEqualTo(Compare.values(Probe.run(slim.graph(), inputs, List.of("probs")).get("probs")));
    // with the user's own inputs too
    assertThat(PruningTransform.replay(slim.plan(), masked, inputs).report().macsAfter())
        .isEqualTo(slim.report().macsAfter());
  }

  @Test
  void replayedOnACopyFromAFile() {
    Path file = folder.resolve("dense.fb");
    SameDiff sd = Nets.resnet(DataType.DOUBLE, SEED);
    sd.save(file.toFile(), false);
    CompactedGraph replayed =
        PruningTransform.replay(slim.plan(), SameDiff.load(file.toFile(), false));
    assertThat(shapes(replayed.graph())).isEqualTo(shapes(slim.graph()));
  }

  @Test
  void thePlanKeepsWhichLayersWereIgnoredOrNotListed() {
    PruningPlan plan =
        train(
                Nets.vgg(DataType.FLOAT, SEED),
                PruningTransform.builder()
                    .filtersTarget(0.3)
                    .layers("c?")
                    .layers("c0", "c1", "c2")
                    .ignoredLayers("c0"))
            .plan();
    assertThat(plan.source().scope().ignored()).containsExactly("c0");
    assertThat(plan.source().scope().keepFilters()).containsExactly("c3");
    assertThat(plan.groups()).extracting(g -> g.layers().get(0)).containsExactly("c1", "c2");
    assertThat(plan.keptLayers())
        .containsEntry("c0", "\"c0\" is an ignored layer")
        .containsEntry("c3", "\"c3\" is none of the layers to prune");
    SameDiff other = Nets.vgg(DataType.FLOAT, SEED + 1);
    CompactedGraph replayed = PruningTransform.replay(plan, other);
    assertThat(replayed.graph().getVariable("c0_W").getArr().shape()).containsExactly(3, 3, 3, 8);
    assertThat(replayed.graph().getVariable("c3_W").getArr().size(3)).isEqualTo(12);
  }

  @Test
  void anotherGraphIsRefusedWithTheFirstDifference() {
    SameDiff wider = Nets.resnet(DataType.FLOAT, SEED);
    String before = GraphText.digest(wider);
    refuses(
        Code.PLAN_MISMATCH,
        () -> PruningTransform.replay(slim.plan(), wider),
        "line 1 of its text form",
        "\"var a_bn1/beta VARIABLE DOUBLE [8]\" in the plan",
        "\"var a_bn1/beta VARIABLE FLOAT [8]\" in the graph");
    assertThat(GraphText.digest(wider)).isEqualTo(before);

    SameDiff longer = Nets.resnet(DataType.DOUBLE, SEED);
    SDVariable more = longer.getVariable("logits").mul("zz_more", 2);
    assertThat(more).isNotNull();
    refuses(
        Code.PLAN_MISMATCH,
        () -> PruningTransform.replay(slim.plan(), longer),
        "in the plan",
        "zz_more");

    refuses(
        Code.PLAN_MISMATCH,
        () -> PruningTransform.replay(slim.plan(), slim.graph()),
        "VARIABLE DOUBLE",
        "Replay it on a copy of the graph that was pruned");
    refuses(
        Code.ALREADY_PRUNED,
        () -> PruningTransform.replay(slim.plan(), pruned.graph()),
        "already holds masks");
  }

  @Test
  void groupsThatTheGraphDoesNotHaveAreRefused() {
    PruningPlan p = slim.plan();
    List<PruningPlan.Group> groups = new ArrayList<>(p.groups());
    PruningPlan.Group g = groups.get(1);
    groups.set(
        1,
        new PruningPlan.Group(
            g.layers(), g.channels() + 1, g.cut(), g.scores(), g.lowestKeptScore(), g.saves()));
    SameDiff sd = Nets.resnet(DataType.DOUBLE, SEED);
    refuses(
        Code.PLAN_MISMATCH,
        () -> PruningTransform.replay(with(p, groups), sd),
        "group 2",
        "9 channels of [a_c1] in the plan",
        "8 channels of [a_c1] in the graph");
    refuses(
        Code.PLAN_MISMATCH,
        () -> PruningTransform.replay(with(p, p.groups().subList(0, 4)), sd),
        "group 5",
        "nothing in the plan",
        "12 channels of [c_c1] in the graph");
  }

  private static PruningPlan with(PruningPlan p, List<PruningPlan.Group> groups) {
    return new PruningPlan(
        p.source(), p.criterion(), p.before(), p.after(), groups, p.keptLayers());
  }

  // --- damaged files ---

  private record Damage(String name, UnaryOperator<String> change, List<String> named) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Damage damage(String old, String changed, String... named) {
    return new Damage(
        old + " -> " + changed,
        json -> {
          assertThat(json).contains(old);
          return json.replaceFirst(Pattern.quote(old), Matcher.quoteReplacement(changed));
        },
        List.of(named));
  }

  static List<Damage> damages() {
    return List.of(
        damage("\"version\": 1", "\"version\": 2", "version 2", "reads version 1"),
        damage("\"version\": 1", "\"version\": \"1\"", "version must be an integer", "got \"1\""),
        damage("\"version\": 1,", "", "version is missing"),
        damage("samediff-pruning-plan", "other", "no pruning plan", "\"other\""),
        damage(
            "\"criterion\": \"l2\"", "\"criterion\": null", "criterion must be a string", "null"),
        damage("\"channels\": 8", "\"channels\": 8.5", "groups[0].channels must be an integer"),
        damage("\"channels\": 8", "\"channels\": 9e99", "groups[0].channels must be an integer"),
        damage("\"channels\": 8", "\"channels\": 4294967304", "groups[0].channels", "32 bits"),
        damage("\"channels\": 8", "\"channels\": 0", "group c1 + c2", "0 channels"),
        damage("[0, 3]", "[0, 8]", "group c1 + c2", "channel 8 is cut, and there are 8"),
        damage("[0, 3]", "[-1, 3]", "channel -1 is cut"),
        damage("[0, 3]", "[3, 3]", "channel 3 is cut twice"),
        damage("[0, 3]", "[3, 0]", "does not ascend"),
        damage("[0, 3]", "[0]", "1 channels are cut, and 2 have scores"),
        damage("[0, 3]", "[0, \"3\"]", "groups[0].cut[1] must be an integer", "got \"3\""),
        damage("[0, 3]", "[0, 1, 2, 3, 4, 5, 6, 7]", "8 channels, and 8 are cut"),
        damage("[0, 3]", "{}", "groups[0].cut must be a list"),
        damage("[\"c1\", \"c2\"]", "[]", "a group has no layers"),
        damage("[0.25, 1.0E-9]", "[0.25, 1e999]", "groups[0].scores[1] must be a finite number"),
        damage("\"saves\"", "\"savings\"", "groups[0].savings is no field", "saves"),
        damage("\"macs\": 800", "\"macs\": -800", "negative", "-800 MACs"),
        damage("\"macs\": 800", "\"macs\": 800, \"macs\": 1", "Duplicate field 'macs'", "line 8"),
        damage("\"text\": [", "\"text\": [ 7,", "graph.text[0] must be a string", "got 7"),
        damage("\"c9\": \"why\"", "\"c9\": 9", "keptLayers.c9 must be a string"),
        new Damage("empty", json -> "", List.of("the plan must be an object")),
        new Damage("a list", json -> "[]", List.of("the plan must be an object", "[]")),
        new Damage("half", json -> json.substring(0, json.length() / 2), List.of("no JSON text")),
        new Damage("twice", json -> json + json, List.of("no JSON text")),
        new Damage("deep", json -> "[".repeat(100_000), List.of("no JSON text")),
        new Damage("binary", json -> "\u0000\u0001PK", List.of("no JSON text")));
  }

  private static PruningPlan small() {
    return new PruningPlan(
        new PruningPlan.Source(List.of("loss loss"), List.of("loss"), CutScope.FILTERS),
        "l2",
        new PruningPlan.Size(8, 80, 800),
        new PruningPlan.Size(6, 60, 600),
        List.of(
            new PruningPlan.Group(
                List.of("c1", "c2"),
                8,
                List.of(0, 3),
                List.of(0.25, 1e-9),
                0.5,
                new PruningPlan.Size(2, 20, 200))),
        Map.of("c9", "why"));
  }

  @ParameterizedTest
  @MethodSource("damages")
  void aDamagedPlanSaysWhereAndWhat(Damage damage) throws IOException {
    String json = small().toJson().replace("[\"loss loss\"]", "[\n\"loss loss\"]");
    String damaged = damage.change().apply(json);
    String[] named = damage.named().toArray(String[]::new);
    refuses(Code.BAD_PLAN, () -> PruningPlan.fromJson(damaged), named);
    Path file = folder.resolve("damaged.json");
    Files.writeString(file, damaged);
    refuses(Code.BAD_PLAN, () -> PruningPlan.read(file), "damaged.json", named[0]);
  }

  @Test
  void everyCutOffAndManyChangedBytesGiveAPlanOrATypedError() {
    String json = small().toJson();
    for (int n = 0; n < json.length() - 2; n++) {
      String shorter = json.substring(0, n);
      refuses(Code.BAD_PLAN, () -> PruningPlan.fromJson(shorter), "");
    }
    Random random = new Random(SEED);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      char[] text = json.toCharArray();
      text[random.nextInt(text.length)] = (char) random.nextInt(128);
      try {
        PruningPlan.fromJson(new String(text)).toJson();
      } catch (PruningException e) {
        assertThat(e.code()).isEqualTo(Code.BAD_PLAN);
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(1500);
  }

  @Test
  void filesThatCannotBeReadOrWritten() throws IOException {
    refuses(
        Code.IO, () -> PruningPlan.read(folder.resolve("none.json")), "cannot read", "none.json");
    refuses(
        Code.IO,
        () -> small().write(folder.resolve("no/such/folder.json")),
        "cannot save",
        "folder.json");
    Path directory = Files.createDirectory(folder.resolve("taken"));
    Files.createFile(directory.resolve("file"));
    refuses(Code.IO, () -> small().write(directory), "cannot save", "taken");
    assertThat(folder).isDirectoryNotContaining("glob:**.tmp");
  }
}
