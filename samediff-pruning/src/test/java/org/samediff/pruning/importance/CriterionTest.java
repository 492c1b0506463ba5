package org.samediff.pruning.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.rewrite.ScoreSite;
import org.samediff.pruning.testing.Nets;

class CriterionTest {
  private static final List<String> NAMES =
      List.of("two-factor", "taylor", "l1", "l2", "gamma", "fpgm", "random");

  @Test
  void namesAreTheCommandLines() {
    assertThat(Criterion.all()).extracting(Criterion::name).containsExactlyElementsOf(NAMES);
    for (String name : NAMES) {
      assertThat(Criterion.named(name).name()).isEqualTo(name);
      assertThat(Criterion.named(name.toUpperCase(Locale.ROOT)).name()).isEqualTo(name);
    }
    assertThat(Criterion.named("two-factor")).isEqualTo(Criterion.twoFactor(0.5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"l3", "", "two factor", " l1"})
  void anUnknownNameListsTheKnownOnes(String name) {
    assertThatThrownBy(() -> Criterion.named(name))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.BAD_OPTION))
        .hasMessageContaining("\"" + name + "\"")
        .hasMessageContaining(NAMES.toString());
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1.01, Double.NaN, Double.POSITIVE_INFINITY})
  void tauOutsideIsRefusedWithItsValue(double tau) {
    assertThatThrownBy(() -> Criterion.twoFactor(tau))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.BAD_OPTION))
        .hasMessageContaining("tau")
        .hasMessageContaining(String.valueOf(tau));
  }

  @Test
  void onlyTheTwoFactorScoreWithAnExponentNeedsLabels() {
    for (Criterion c : Criterion.all()) {
      assertThat(c.needsLabels()).as(c.name()).isEqualTo(c.name().equals("two-factor"));
    }
    assertThat(Criterion.twoFactor(0).needsLabels()).isFalse();
    assertThat(Criterion.twoFactor(1).needsLabels()).isTrue();
  }

  @Test
  void gammaWithoutBatchNormNamesTheConvolution() {
    ScoreSite site = ScoreBench.sites(Nets.chain(DataType.FLOAT, 7)).get(0);

    assertThatThrownBy(() -> Criterion.gamma().at(site, new ScoringOptions(0.9, 1)))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.BAD_OPTION))
        .hasMessageContaining("\"c1\"")
        .hasMessageContaining("ignoredLayers");
  }

  /** The map is taken behind bias, batch norm and activation, and never behind a join. */
  @Test
  void mapsAreTheLayersOwn() {
    assertThat(ScoreBench.sites(Nets.chain(DataType.FLOAT, 7)))
        .extracting(ScoreSite::map)
        .containsExactly("r1", "r2", "d1_relu");
    assertThat(ScoreBench.sites(Nets.vgg(DataType.FLOAT, 7)))
        .extracting(ScoreSite::map)
        .containsExactly("r0", "r1", "r2", "r3");
    List<ScoreSite> resnet = ScoreBench.sites(Nets.resnet(DataType.FLOAT, 7));
    assertThat(resnet)
        .extracting(ScoreSite::layer)
        .containsExactly("stem", "a_c2", "a_c1", "b_c1", "b_c3", "b_c2", "c_c2", "c_c1");
    assertThat(resnet)
        .extracting(ScoreSite::map)
        .containsExactly(
            "stem_relu", "a_bn2", "a_relu1", "b_relu1", "b_bn3", "b_bn2", "c_bn2", "c_relu1");
    assertThat(Set.copyOf(resnet.stream().map(s -> s.gamma().orElse("none")).toList()))
        .hasSize(8)
        .doesNotContain("none");
  }
}
