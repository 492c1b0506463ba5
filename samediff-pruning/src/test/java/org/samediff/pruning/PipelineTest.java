package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.training.Phase;

/** The three lines that a user adds, from a network and a script to a smaller network. */
class PipelineTest {
  private static final long SEED = 7;

  @ParameterizedTest
  @CsvSource({
    "chain,FLOAT,false",
    "chain,DOUBLE,false",
    "chain,FLOAT,true",
    "vgg,FLOAT,false",
    "vgg,DOUBLE,false",
    "vgg,FLOAT,true",
    "resnet,FLOAT,false",
    "resnet,DOUBLE,false",
    "resnet,FLOAT,true"
  })
  void threeLines(String net, DataType type, boolean nhwc) {
    SameDiff sd = Nets.named(net, type, SEED, nhwc);
    List<DataSet> data = Nets.data(type, SEED, 3, 10, nhwc);
    int epochs = 4;

    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).epochs(epochs).build().apply(sd);
    pruned.graph().fit(new Batches(data), epochs, pruned.listener());
    CompactedGraph slim = pruned.compact();

    assertThat(pruned.progress().phase()).isEqualTo(Phase.DONE);
    assertThat(pruned.keptLayers()).as("layers that cannot be cut").isEmpty();
    PruningReport report = slim.report();
    assertThat(report.macsAfter()).isPositive().isLessThanOrEqualTo(report.macsBefore() / 2);
    assertThat(report.parametersBefore()).isEqualTo(parameters(sd));
    assertThat(report.parametersAfter()).isEqualTo(parameters(slim.graph()));
    assertThat(report.filtersBefore()).isEqualTo(filters(sd));
    assertThat(report.filtersAfter()).isEqualTo(filters(slim.graph()));
    assertThat(report.steps()).isEqualTo(12);
    assertThat(report.largestResidual()).isPositive().isLessThan(1e-3);
    assertThat(report.maxRelativeDifference()).isLessThan(type == DataType.DOUBLE ? 1e-9 : 1e-4);
    assertThat(report.toString()).contains("two-factor", "MACs", "largest output difference");
    long cut =
        Arrays.stream(pruned.kept())
            .mapToLong(g -> IntStream.range(0, g.length).filter(c -> !g[c]).count())
            .sum();
    assertThat(cut).isPositive();
    assertThat(slim.plan().toString()).contains("cut");
    assertThat(slim.keptTaskFeatures(sd, new Batches(data))).isBetween(0.1, 0.999);
  }

  private static long parameters(SameDiff sd) {
    long sum = 0;
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      sum += v.trainable() ? v.array().length() : 0;
    }
    return sum;
  }

  private static long filters(SameDiff sd) {
    return GraphView.of(sd).ops().stream()
        .filter(op -> op.type().equals("conv2d"))
        .mapToLong(op -> sd.getVariable(op.input(1)).getArr().size(3))
        .sum();
  }
}
