package org.samediff.pruning.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.testing.Nets;

class GraphVerifierTest {
  @Test
  void soundGraphsHaveNoFault() {
    for (SameDiff sd :
        List.of(
            Nets.chain(DataType.FLOAT, 7),
            Nets.vgg(DataType.FLOAT, 7),
            Nets.resnet(DataType.DOUBLE, 7, true))) {
      assertThat(GraphVerifier.faults(sd)).isEmpty();
      assertThat(GraphVerifier.faults(GradientFunction.of(sd))).isEmpty();
      assertThat(GraphVerifier.faults(GraphCopy.of(sd))).isEmpty();
    }
  }

  /** One edit each to the maps of the chain net, and the fault it must be told by. */
  static Stream<Arguments> damages() {
    return Stream.of(
        damage(
            "op \"conv2d\" holds the function of another op",
            sd -> op(sd, "c1").setOp(op(sd, "c2").getOp())),
        damage(
            "op \"conv2d\" reads \"ghost\", which does not exist",
            sd -> inputs(sd, "c1", 0, "ghost")),
        damage(
            "variable \"x\" is read by \"conv2d\", which does not know it",
            sd -> inputs(sd, "c1", 0, "ghost")),
        damage("op \"conv2d\" reads \"y\", which does not know it", sd -> inputs(sd, "c1", 0, "y")),
        damage(
            "op \"conv2d\" reads \"c1_W\", which does not know it",
            sd -> v(sd, "c1_W").setInputsForOp(new ArrayList<>())),
        damage(
            "op \"conv2d\" reads \"c1_W\", which does not know it",
            sd -> v(sd, "c1_W").setInputsForOp(null)),
        damage(
            "op \"conv2d\" writes \"ghost\", which does not exist",
            sd -> op(sd, "c1").setOutputsOfOp(List.of("ghost"))),
        damage(
            "op \"conv2d\" writes \"c1\", which names relu",
            sd -> v(sd, "c1").setOutputOfOp(v(sd, "r1").getOutputOfOp())),
        damage(
            "op \"conv2d\" writes \"c1\", which names null", sd -> v(sd, "c1").setOutputOfOp(null)),
        damage(
            "variable \"c1\" is an activation that no op writes",
            sd -> v(sd, "c1").setOutputOfOp(null)),
        damage(
            "variable \"c1\" is written by \"ghost\", which does not exist",
            sd -> v(sd, "c1").setOutputOfOp("ghost")),
        damage(
            "variable \"c1\" is written by \"conv2d\", which does not exist",
            sd -> sd.getOps().remove("conv2d")),
        damage(
            "variable \"c1_W\" is read by \"conv2d\", which does not exist",
            sd -> sd.getOps().remove("conv2d")),
        damage(
            "variable \"c1_b\" is read by \"ghost\", which does not exist",
            sd -> v(sd, "c1_b").getInputsForOp().add("ghost")),
        damage(
            "variable \"c1_b\" is read by \"relu\", which does not know it",
            sd -> v(sd, "c1_b").getInputsForOp().add("relu")),
        damage(
            "op \"conv2d\" reads \"c1_W\", which does not exist",
            sd -> sd.getVariables().remove("c1_W")),
        damage("variable \"c2_W\" has no array", sd -> sd.getVariablesArrays().removeArray("c2_W")),
        damage(
            "variable \"fc_b\" is declared DOUBLE and holds FLOAT",
            sd -> sd.getVariable("fc_b").setDataType(DataType.DOUBLE)),
        damage("loss variable \"ghost\" does not exist", GraphVerifierTest::loseTheLoss),
        damage("op \"conv2d\" waits for itself through \"r2\"", GraphVerifierTest::closeCycle));
  }

  private static Arguments damage(String fault, Consumer<SameDiff> edit) {
    return Arguments.of(fault, edit);
  }

  private static SameDiffOp op(SameDiff sd, String output) {
    return sd.getOps().get(sd.getVariables().get(output).getOutputOfOp());
  }

  private static Variable v(SameDiff sd, String name) {
    return sd.getVariables().get(name);
  }

  private static void inputs(SameDiff sd, String output, int i, String name) {
    List<String> inputs = new ArrayList<>(op(sd, output).getInputsToOp());
    inputs.set(i, name);
    op(sd, output).setInputsToOp(inputs);
  }

  private static void closeCycle(SameDiff sd) {
    sd.replaceArgFor(0, sd.getVariable("r2"), op(sd, "c1").getOp());
  }

  /** setLossVariables checks what it gets; a file or a removed op does not. */
  private static void loseTheLoss(SameDiff sd) {
    try {
      Field field = SameDiff.class.getDeclaredField("lossVariables");
      field.setAccessible(true);
      field.set(sd, new ArrayList<>(List.of("ghost")));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("SameDiff.lossVariables", e);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void eachContradictionIsFoundAndNamed(String fault, Consumer<SameDiff> edit) {
    SameDiff sd = Nets.chain(DataType.FLOAT, 7);
    edit.accept(sd);

    assertThat(GraphVerifier.faults(sd)).contains(fault);
    assertThatThrownBy(() -> GraphVerifier.require(sd))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.DAMAGED_GRAPH))
        .hasMessageContaining(fault)
        .hasMessageContaining("load it from a good file");
  }

  @Test
  void aVariableThatIsDamagedInManyPlacesNamesTenFaultsAtMost() {
    SameDiff sd = SameDiff.create();
    SDVariable a = sd.var("a", Nd4j.ones(2));
    for (int i = 0; i < 20; i++) {
      sd.math().abs("out" + i, a);
    }
    v(sd, "a").setInputsForOp(null);

    assertThat(GraphVerifier.faults(sd)).hasSize(20);
    assertThatThrownBy(() -> GraphVerifier.require(sd))
        .satisfies(e -> assertThat(e.getMessage().split("which does not know it", -1)).hasSize(11));
  }
}
