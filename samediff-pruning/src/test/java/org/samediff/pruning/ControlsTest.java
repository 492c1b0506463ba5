package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.Trunk;
import org.samediff.pruning.training.Ranking;

/** Which layers are cut and how far, from the option to the compacted graph. */
class ControlsTest {
  private static final long SEED = 7;
  private static final List<DataSet> DATA = Nets.data(DataType.FLOAT, SEED, 3, 10);

  private static PruningTransform.Builder builder() {
    return PruningTransform.builder().criterion(Criterion.l2()).steps(9);
  }

  private static CompactedGraph train(SameDiff sd, PruningTransform.Builder builder) {
    PrunedGraph pruned = builder.build().apply(sd);
    pruned.graph().fit(new Batches(DATA), 3, pruned.listener());
    CompactedGraph slim = pruned.compact();
    assertThat(slim.report().maxRelativeDifference()).isLessThan(1e-4);
    return slim;
  }

  private static SameDiff vgg() {
    return Nets.vgg(DataType.FLOAT, SEED); // c0 to c3 of 8, 8, 12, 12 filters
  }

  private static SameDiff resnet() {
    return Nets.resnet(DataType.FLOAT, SEED);
  }

  private static long[] shape(CompactedGraph slim, String variable) {
    return slim.graph().getVariable(variable).getArr().shape();
  }

  /** Filters left in the vgg's layers. */
  private static int[] filters(CompactedGraph slim) {
    return IntStream.range(0, 4).map(i -> (int) shape(slim, "c" + i + "_W")[3]).toArray();
  }

  private static void refuses(Code code, ThrowingCallable call, String... named) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContainingAll(named);
  }

  // --- which layers ---

  @Test
  void onlyListedLayersLoseFiltersAndTheOthersLoseInputs() {
    CompactedGraph slim = train(vgg(), builder().filtersTarget(0.3).layers("c1", "c2"));
    assertThat(shape(slim, "c0_W")).containsExactly(3, 3, 3, 8);
    assertThat(shape(slim, "c1_W")[2]).isEqualTo(8);
    long c1 = shape(slim, "c1_W")[3];
    long c2 = shape(slim, "c2_W")[3];
    assertThat(c1 + c2).isEqualTo(20 - 12);
    assertThat(shape(slim, "c2_W")[2]).isEqualTo(c1);
    assertThat(shape(slim, "c3_W")).as("its inputs only").containsExactly(3, 3, c2, 12);
  }

  @Test
  void ignoredLayersKeepInputsToo() {
    CompactedGraph slim = train(vgg(), builder().filtersTarget(0.2).ignoredLayers("c3"));
    assertThat(shape(slim, "c3_W")).containsExactly(3, 3, 12, 12);
    assertThat(shape(slim, "c1_W")[3]).isLessThan(8);
  }

  @Test
  void ignoredWinsOverListed() {
    PrunedGraph pruned =
        builder().filtersTarget(0.1).layers("c*").ignoredLayers("c0").build().apply(vgg());
    assertThat(pruned.groups()).extracting(ChannelGroup::name).containsExactly("c1", "c2", "c3");
    assertThat(pruned.keptLayers()).containsOnlyKeys("c0");
  }

  @Test
  void aListedLayerTiedToOneThatIsNotKeepsItsFilters() {
    PrunedGraph pruned =
        builder().filtersTarget(0.1).layers("stem", "a_c1").build().apply(resnet());
    assertThat(pruned.groups()).extracting(ChannelGroup::name).containsExactly("a_c1");
    assertThat(pruned.keptLayers())
        .containsEntry("stem", "\"a_c2\" is none of the layers to prune")
        .containsEntry("b_c1", "\"b_c1\" is none of the layers to prune");
  }

  @Test
  void layersByGlobAndByOpType() {
    assertThat(builder().filtersTarget(0.1).layers("?_c1").build().apply(resnet()).groups())
        .extracting(ChannelGroup::name)
        .containsExactly("a_c1", "b_c1", "c_c1");
    for (String type : List.of("op:conv2d", "op:conv?d", "op:*")) {
      assertThat(builder().filtersTarget(0.1).layers(type).build().apply(vgg()).groups())
          .extracting(ChannelGroup::name)
          .containsExactly("c0", "c1", "c2", "c3");
    }
    refuses(
        Code.NOTHING_TO_PRUNE,
        () -> builder().filtersTarget(0.1).ignoredLayers("op:conv2d").build().apply(vgg()),
        "\"c3\" is an ignored layer");
  }

  @Test
  void anEntryThatMatchesNothingNamesTheOptionAndTheNearest() {
    SameDiff sd = vgg();
    String before = GraphText.digest(sd);
    refuses(
        Code.UNKNOWN_LAYER,
        () -> builder().filtersTarget(0.1).layers("c1", "k1").build().apply(sd),
        "layers: no layer matches \"k1\"; the nearest are [c1, ");
    refuses(
        Code.UNKNOWN_LAYER,
        () -> builder().filtersTarget(0.1).ignoredLayers("op:conv1d").build().apply(sd),
        "ignoredLayers: no layer matches \"op:conv1d\"; the nearest are [op:conv2d]");
    refuses(
        Code.UNKNOWN_LAYER,
        () -> builder().layerRatio("c9", 0.5).build().apply(sd),
        "layerRatio: no layer matches \"c9\"");
    refuses(
        Code.UNKNOWN_LAYER,
        () -> builder().filtersTarget(0.1).layerRatioBetween("d*", 0, 0.5).build().apply(sd),
        "layerRatioBetween: no layer matches \"d*\"");
    assertThat(GraphText.digest(sd)).isEqualTo(before);
  }

  // --- how far ---

  @Test
  void layerRatiosAloneNeedNoTarget() {
    CompactedGraph slim =
        train(vgg(), builder().layerRatio("c0", 0.25).layerRatio("?3", 0.5).layerRatio("c3", 0.5));
    assertThat(filters(slim)).containsExactly(6, 8, 12, 6);
  }

  @Test
  void layerRatiosAndBoundsHoldBesideATarget() {
    CompactedGraph slim =
        train(
            vgg(),
            builder()
                .macsTarget(0.4)
                .layerRatio("c0", 0)
                .layerRatioBetween("c1", 0, 0.25)
                .layerRatioBetween("c2", 0.5, 1));
    int[] filters = filters(slim);
    assertThat(filters[0]).isEqualTo(8);
    assertThat(filters[1]).isBetween(6, 8);
    assertThat(filters[2]).isBetween(2, 6);
    assertThat(slim.report().macsAfter()).isLessThanOrEqualTo(slim.report().macsBefore() * 6 / 10);
  }

  @Test
  void aRatioOfALayerHoldsForWhatIsTiedToIt() {
    CompactedGraph slim = train(resnet(), builder().layerRatio("a_c2", 0.5));
    assertThat(shape(slim, "stem_W")).containsExactly(3, 3, 3, 4);
    assertThat(shape(slim, "a_c2_W")).containsExactly(3, 3, 8, 4);
    assertThat(shape(slim, "b_c1_W")).containsExactly(3, 3, 4, 12);
  }

  @Test
  void theShareOfALayerComesAlongTheRamp() {
    PrunedGraph pruned = builder().steps(40).layerRatio("c3", 0.75).build().apply(vgg());
    int[] left = new int[41];
    for (int step = 1; step <= 40; step++) {
      pruned.graph().fit(new Batches(DATA.subList(step % 3, step % 3 + 1)), 1, pruned.listener());
      boolean[] kept = pruned.kept()[3];
      left[step] = (int) IntStream.range(0, kept.length).filter(c -> kept[c]).count();
    }
    assertThat(left[3]).as("warm-up").isEqualTo(12);
    assertThat(left[20]).as("end of the ramp").isEqualTo(3);
    assertThat(left[40]).isEqualTo(3);
    assertThat(Arrays.stream(left).skip(1).distinct().count()).isGreaterThan(4);
    for (int step = 2; step <= 40; step++) {
      assertThat(left[step]).isLessThanOrEqualTo(left[step - 1]);
    }
  }

  @Test
  void limitsOfLayersThatCannotBeCutSayWhy() {
    Trunk t = new Trunk();
    SameDiff sd =
        t.close(t.relu("r2", t.conv("c2", t.sd.math().exp(t.conv("c1", t.x, 3, 8)), 8, 8)), 8);
    refuses(
        Code.BAD_OPTION,
        () -> builder().layerRatio("c1", 0.5).build().apply(sd),
        "layerRatio(\"c1\", 0.5): nothing of it can be cut: {c1=");
    // a glob may match layers that are kept, as long as one is not
    assertThat(builder().layerRatio("c*", 0.5).build().apply(sd).groups()).hasSize(1);
  }

  @Test
  void whatIsLeftIsRoundedAndTheTargetHolds() {
    CompactedGraph slim = train(vgg(), builder().parametersTarget(0.4).roundTo(4));
    assertThat(Arrays.stream(filters(slim))).allMatch(n -> n % 4 == 0);
    assertThat(slim.report().parametersAfter())
        .isLessThanOrEqualTo(slim.report().parametersBefore() * 6 / 10);
  }

  @ParameterizedTest
  @EnumSource(Ranking.class)
  void everyRankingMeetsTheTarget(Ranking ranking) {
    CompactedGraph slim = train(vgg(), builder().filtersTarget(0.5).ranking(ranking));
    assertThat(slim.report().filtersAfter()).isEqualTo(20);
    if (ranking == Ranking.LOCAL) {
      assertThat(filters(slim)).containsExactly(4, 4, 6, 6);
    }
  }

  @Test
  void optionsOutOfRange() {
    refuses(
        Code.BAD_OPTION,
        () -> builder().filtersTarget(0.1).roundTo(0).build(),
        "roundTo must be at least 1, got 0");
    refuses(Code.BAD_OPTION, () -> builder().layerRatio("c1", 1), "layerRatio(\"c1\", 1.0)");
    refuses(Code.BAD_OPTION, () -> builder().build(), "how much is to be removed");
  }
}
