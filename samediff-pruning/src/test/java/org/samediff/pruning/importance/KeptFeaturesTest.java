package org.samediff.pruning.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.rewrite.ScoreSite;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;

/** TRK against plain loops over the dense network's maps. */
class KeptFeaturesTest {
  @ParameterizedTest
  @CsvSource({"chain,false", "resnet,false", "resnet,true"})
  void isTheSumOfRelevanceTimesMagnitudeOfWhatIsKept(String net, boolean nhwc) {
    SameDiff sd = ScoreBench.net(net, DataType.DOUBLE, nhwc);
    List<DataSet> data = Nets.data(DataType.DOUBLE, 5, 3, 9, nhwc);
    Map<String, INDArray> inputs = Probe.inputs(sd, 3, 1, List.of("y"));
    GraphView view = GraphView.of(sd);
    Map<String, long[]> shapes = Probe.shapes(sd, inputs);
    ChannelAnalysis analysis = ChannelAnalysis.of(view, shapes, 3, List.of("logits"));
    List<ScoreSite> sites = ScoreSite.of(view, shapes, analysis);
    boolean[][] kept = analysis.allKept();
    Batches batches = new Batches(data);
    assertThat(KeptFeatures.measure(sd, sites, analysis, kept, batches)).isEqualTo(1);
    assertThat(batches.hasNext()).as("reset").isTrue();

    Random random = new Random(6);
    for (boolean[] group : kept) {
      for (int c = 0; c < group.length; c++) {
        group[c] = random.nextBoolean();
      }
    }
    double above = 0;
    double below = 0;
    for (ScoreSite site : sites) {
      List<References.Responses> responses = new ArrayList<>();
      double[] magnitude = new double[site.filters()];
      for (DataSet batch : data) {
        ScoreBench.Step step =
            new ScoreBench.Step(
                Probe.run(sd, Map.of("x", batch.getFeatures()), List.of(site.map())),
                new StepLabels(batch.getLabels().data().asDouble(), 9, 4));
        double[][][] map = step.map(site.map(), site);
        responses.add(
            new References.Responses(References.response(map), References.rows(step.labels())));
        for (double[][] example : map) {
          for (int k = 0; k < magnitude.length; k++) {
            for (double a : example[k]) {
              magnitude[k] += Math.abs(a) / example[k].length;
            }
          }
        }
      }
      double[] r = References.relevance(responses, 1);
      for (int k = 0; k < magnitude.length; k++) {
        below += r[k] * magnitude[k];
        // in these nets channel k of a group is filter k of every member
        above += kept[site.group()][k] ? r[k] * magnitude[k] : 0;
      }
    }
    assertThat(KeptFeatures.measure(sd, sites, analysis, kept, batches))
        .as("seed 6")
        .isStrictlyBetween(0.0, 1.0)
        .isCloseTo(above / below, within(1e-9));
  }
}
