package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;

class PipelineTest {
  @ParameterizedTest
  @CsvSource({
    "chain,FLOAT,false",
    "chain,DOUBLE,false",
    "chain,FLOAT,true",
    "vgg,FLOAT,false",
    "vgg,DOUBLE,false",
    "resnet,FLOAT,false",
    "resnet,DOUBLE,false",
    "resnet,FLOAT,true"
  })
  void threeLines(String net, DataType type, boolean nhwc) {
    SameDiff sd =
        switch (net) {
          case "chain" -> Nets.chain(type, 7, nhwc);
          case "vgg" -> Nets.vgg(type, 7);
          default -> Nets.resnet(type, 7, nhwc);
        };
    List<DataSet> data = Nets.data(type, 3, 10, 16, nhwc);

    PrunedGraph pruned = PruningTransform.builder().macsTarget(0.5).epochs(4).build().apply(sd);
    System.out.println(pruned.groups() + " kept " + pruned.keptLayers());
    pruned.graph().fit(new Batches(data), 4, pruned.listener());
    System.out.println(pruned.progress());
    CompactedGraph slim = pruned.compact();

    System.out.println(slim.report() + "" + slim.plan());
    assertThat(slim.report().macsAfter()).isLessThanOrEqualTo(slim.report().macsBefore() / 2);
  }
}
