package org.samediff.pruning.it.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;

/** A fault that is planted is found, by the property that it breaks. */
class PropertiesTest {
  private static final GraphSpec SPEC =
      GraphSpec.parse(
          """
          seed 5
          input 3x6x6 first
          1 = conv2d(0) bias=1 filters=6 k=3 s=1 same=1
          2 = batchnorm(1) op=0
          3 = relu(2)
          4 = conv2d(3) bias=1 filters=5 k=3 s=2 same=1
          5 = relu(4)
          loss pool 5 classes 3
          """);

  /** Moves one element of the first trainable variable. */
  private static SameDiff nudged(SameDiff sd, double by) {
    INDArray array =
        sd.getVariables().values().stream()
            .map(v -> v.getVariable())
            .filter(v -> v.getVariableType() == VariableType.VARIABLE)
            .findFirst()
            .orElseThrow()
            .getArr();
    array.putScalar(0, array.getDouble(0) + by);
    return sd;
  }

  private static boolean all(boolean[][] kept) {
    for (boolean[] group : kept) {
      for (boolean k : group) {
        if (!k) {
          return false;
        }
      }
    }
    return true;
  }

  @Test
  void theLibraryPasses() {
    Outcome outcome = Properties.check(SPEC);
    assertThat(outcome.verdict()).as("%s", outcome).isEqualTo(Outcome.Verdict.COMPACTED);
    assertThat(outcome.worstDouble()).isLessThan(1e-12);
    assertThat(outcome.worstFloat()).isBetween(1e-9, 1e-4);
  }

  @Test
  void aWrongCompactionIsFound() {
    assertFound(
        "compacted equals masked",
        new Cutter() {
          @Override
          public SameDiff compacted(
              SameDiff masked,
              ChannelAnalysis analysis,
              boolean[][] kept,
              Map<String, INDArray> inputs) {
            SameDiff slim = Cutter.super.compacted(masked, analysis, kept, inputs);
            return all(kept) ? slim : nudged(slim, 1e-4);
          }
        });
  }

  @Test
  void aMaskThatMovesABitIsFound() {
    assertFound(
        "masks at one change no bit",
        new Cutter() {
          @Override
          public SameDiff masked(SameDiff sd, ChannelAnalysis analysis, boolean[][] kept) {
            return nudged(Cutter.super.masked(sd, analysis, kept), all(kept) ? 1e-15 : 0);
          }
        });
  }

  @Test
  void aCompactionThatChangesWhatItKeepsIsFound() {
    assertFound(
        "pruning nothing changes nothing",
        new Cutter() {
          @Override
          public SameDiff compacted(
              SameDiff masked,
              ChannelAnalysis analysis,
              boolean[][] kept,
              Map<String, INDArray> inputs) {
            return nudged(
                Cutter.super.compacted(masked, analysis, kept, inputs), all(kept) ? 1e-15 : 0);
          }
        });
  }

  @Test
  void aChangedInputGraphIsFound() {
    assertFound(
        "the graph that was passed in is unchanged",
        new Cutter() {
          private SameDiff passedIn;

          @Override
          public ChannelAnalysis analyze(SameDiff sd, Map<String, INDArray> inputs) {
            passedIn = passedIn == null ? sd : passedIn;
            return Cutter.super.analyze(sd, inputs);
          }

          @Override
          public SameDiff compacted(
              SameDiff masked,
              ChannelAnalysis analysis,
              boolean[][] kept,
              Map<String, INDArray> inputs) {
            if (!all(kept)) {
              passedIn.constant("left behind", 1.0);
            }
            return Cutter.super.compacted(masked, analysis, kept, inputs);
          }
        });
  }

  @Test
  void anUncaughtExceptionIsAFailure() {
    assertFound(
        "throws ArithmeticException",
        new Cutter() {
          @Override
          public ChannelAnalysis analyze(SameDiff sd, Map<String, INDArray> inputs) {
            throw new ArithmeticException("planted");
          }
        });
  }

  private static void assertFound(String property, Cutter faulty) {
    Outcome outcome = Properties.check(SPEC, faulty);
    assertThat(outcome.verdict()).as("%s", outcome).isEqualTo(Outcome.Verdict.FAILED);
    assertThat(outcome.reason()).startsWith(property);
    assertThat(Outcome.parse(outcome.line()).reason()).isEqualTo(outcome.reason());
  }
}
