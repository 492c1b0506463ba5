package org.samediff.pruning.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.samediff.pruning.channels.OpCase.Activation;

/**
 * Every op that has a rule: what it does to channels and to cut ones, and that the cut is exact.
 */
class ChannelRulesTest {
  static List<OpCase> cases() {
    return Stream.of(
            ConvolutionCases.all(),
            MixCases.all(),
            NormCases.all(),
            PoolCases.all(),
            ShapeCases.all(),
            ElementwiseCases.all())
        .flatMap(List::stream)
        .toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void cutEqualsMaskedBehindZero(OpCase op) {
    for (boolean nhwc : op.layouts()) {
      new OpTrial(op, nhwc, Activation.TANH).behindZero();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void aConstantIsWhatTheRuleSays(OpCase op) {
    boolean nhwc = op.layouts().get(op.layouts().size() - 1);
    new OpTrial(op, nhwc, Activation.SIGMOID).behindConstant();
  }

  @Test
  void everyRuleHasACase() {
    Set<String> met = new TreeSet<>();
    for (OpCase op : cases()) {
      met.addAll(OpTrial.types(op, op.layouts().get(0)));
    }
    Set<String> without = new TreeSet<>(ChannelRules.ops());
    without.removeAll(met);
    assertThat(without).as("ops with a rule and no case").isEmpty();
  }

  /** The op names in the first column of the tables of docs/channel-rules.md. */
  @Test
  void theDocumentNamesEveryRule() throws IOException {
    Set<String> named = new TreeSet<>();
    for (String line : Files.readAllLines(Path.of("..", "docs", "channel-rules.md"))) {
      if (line.startsWith("| `")) {
        Matcher names =
            Pattern.compile("`([^`]+)`").matcher(line.substring(1, line.indexOf('|', 1)));
        while (names.find()) {
          named.add(names.group(1));
        }
      }
    }
    assertThat(named).isEqualTo(ChannelRules.ops());
  }
}
