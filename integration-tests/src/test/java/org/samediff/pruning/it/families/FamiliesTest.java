package org.samediff.pruning.it.families;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Each kind of network loses channels, the expected ones, and computes what it computed masked. */
class FamiliesTest {
  static List<Family> families() {
    return Families.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("families")
  void cutEqualsMasked(Family family) {
    assertCut(family, DataType.DOUBLE, false);
    assertCut(family, DataType.DOUBLE, true);
    assertCut(family, DataType.FLOAT, false);
  }

  private static void assertCut(Family family, DataType type, boolean nhwc) {
    FamilyTrial trial = new FamilyTrial(family, type, nhwc);
    assertThat(trial.found()).as("%s, NHWC %s", type, nhwc).isEqualTo(family.expected().strip());
    assertThat(trial.cuts()).isTrue();
    assertThat(trial.cut(trial.half())).isLessThan(type == DataType.DOUBLE ? 1e-9 : 1e-4);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("families")
  void oneChannelLeft(Family family) {
    FamilyTrial trial = new FamilyTrial(family, DataType.DOUBLE, true);
    assertThat(trial.cut(trial.one())).isLessThan(1e-9);
  }
}
