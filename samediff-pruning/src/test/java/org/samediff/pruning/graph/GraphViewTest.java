package org.samediff.pruning.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.testing.Nets;

class GraphViewTest {
  private final SameDiff chain = Nets.chain(DataType.FLOAT, 7);
  private final GraphView view = GraphView.of(chain);

  @Test
  void opsComeInTopologicalOrder() {
    for (SameDiff sd : List.of(chain, Nets.resnet(DataType.FLOAT, 7))) {
      GraphView v = GraphView.of(sd);
      Set<String> ready = new HashSet<>();
      for (GraphView.Op op : v.ops()) {
        for (String in : op.inputs()) {
          assertThat(v.producer(in).isEmpty() || ready.contains(in))
              .as("%s reads %s", op.output(), in)
              .isTrue();
        }
        ready.addAll(op.outputs());
      }
      assertThat(v.ops()).hasSize(sd.getOps().size());
    }
  }

  @Test
  void anOpThatWasRewiredBehindALaterOneComesAfterIt() {
    SameDiff sd = SameDiff.create();
    SDVariable a = sd.var("a", Nd4j.ones(2));
    sd.math().abs("first", a);
    SDVariable late = sd.math().neg("late", a);
    sd.replaceArgFor(0, late, GraphView.of(sd).producer("first").orElseThrow().function());

    assertThat(GraphView.of(sd).ops())
        .extracting(GraphView.Op::output)
        .containsExactly("late", "first");
  }

  @Test
  void producersAndConsumersAreFound() {
    assertThat(view.producer("c2")).map(GraphView.Op::type).contains("conv2d");
    assertThat(view.producer("c2").orElseThrow().inputs()).containsExactly("p1", "c2_W", "c2_b");
    assertThat(view.producer("c2").orElseThrow().input(1)).isEqualTo("c2_W");
    assertThat(view.producer("x")).isEmpty();
    assertThat(view.consumers("logits"))
        .extracting(GraphView.Op::output)
        .containsExactlyInAnyOrder("probs", "loss");
    assertThat(view.consumers("probs")).isEmpty();
    assertThat(view.consumers("no such variable")).isEmpty();
  }

  @Test
  void anOpThatReadsAVariableTwiceIsOneConsumer() {
    SameDiff sd = SameDiff.create();
    SDVariable a = sd.var("a", Nd4j.ones(2));
    a.mul("square", a);
    GraphView v = GraphView.of(sd);

    assertThat(v.consumers("a")).hasSize(1);
    assertThat(v.ops().get(0).inputs()).containsExactly("a", "a");
  }

  @Test
  void variablesKnowWhatTheyAre() {
    assertThat(view.variable("c1_W").trainable()).isTrue();
    assertThat(view.variable("c1_W").stored()).isTrue();
    assertThat(view.variable("c1_W").shape()).containsExactly(3, 3, 3, 8);
    assertThat(view.variable("c1_W").array()).isSameAs(chain.getVariable("c1_W").getArr());
    assertThat(view.variable("x").type()).isEqualTo(VariableType.PLACEHOLDER);
    assertThat(view.variable("x").shape()).containsExactly(-1, 3, 12, 12);
    assertThat(view.variable("x").stored()).isFalse();
    assertThat(view.variable("r1").type()).isEqualTo(VariableType.ARRAY);
    assertThat(view.variable("r1").shape()).isEmpty();
    assertThat(view.variable("r1").array()).isNull();
    assertThat(view.has("r1")).isTrue();
    assertThat(view.has("r9")).isFalse();
    GraphView bn = GraphView.of(Nets.resnet(DataType.DOUBLE, 7));
    assertThat(bn.variable("stem_bn/mean").stored()).isTrue();
    assertThat(bn.variable("stem_bn/mean").trainable()).isFalse();
    assertThat(bn.variable("stem_bn/mean").dtype()).isEqualTo(DataType.DOUBLE);
  }

  @Test
  void variablesComeSortedByName() {
    List<String> names =
        StreamSupport.stream(view.variables().spliterator(), false)
            .map(GraphView.Var::name)
            .toList();
    assertThat(names).isSorted().hasSize(chain.getVariables().size());
  }

  @Test
  void leavesAreWhatNoOpReads() {
    assertThat(view.leaves()).containsExactly("loss", "probs");
    assertThat(view.lossVariables()).containsExactly("loss");
  }

  @Test
  void anUnknownVariableIsNamed() {
    assertThatThrownBy(() -> view.variable("c9_W"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"c9_W\"");
  }

  @Test
  void theViewStaysWhenTheGraphChanges() {
    int ops = view.ops().size();
    chain.math().abs("later", chain.getVariable("logits"));

    assertThat(view.ops()).hasSize(ops);
    assertThat(view.has("later")).isFalse();
    assertThatThrownBy(() -> view.ops().clear()).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void severalOutputsAllNameTheirProducer() {
    SameDiff sd = SameDiff.create();
    SDVariable[] moments =
        sd.math()
            .moments(new String[] {"m", "v"}, sd.var("a", Nd4j.ones(2, 3)), new int[] {0}, false);
    GraphView v = GraphView.of(sd);

    assertThat(moments).hasSize(2);
    assertThat(v.producer("m")).isEqualTo(v.producer("v")).isPresent();
    assertThat(v.leaves()).containsExactly("m", "v");
  }

  @Test
  void opsOnACycleComeLastInsteadOfNever() {
    SameDiff sd = SameDiff.create();
    SDVariable a = sd.var("a", Nd4j.ones(2));
    SDVariable b = sd.math().abs("b", a);
    SDVariable c = sd.math().neg("c", b);
    sd.math().square("free", a);
    sd.replaceArgFor(0, c, GraphView.of(sd).producer("b").orElseThrow().function());

    List<String> order = new ArrayList<>();
    GraphView.of(sd).ops().forEach(op -> order.add(op.output()));
    assertThat(order).containsExactly("free", "b", "c");
  }
}
