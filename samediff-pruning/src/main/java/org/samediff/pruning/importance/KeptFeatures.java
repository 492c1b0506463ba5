package org.samediff.pruning.importance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * How much of the task-relevant features of a dense network a partition keeps: {@code sum_kept
 * R*E|A| / sum_all R*E|A|} over the filters of every prunable layer (docs/method.md, TRK).
 */
public final class KeptFeatures {
  private KeptFeatures() {}

  /**
   * Runs the dense network over labelled data, in inference.
   *
   * @param kept channels that stay, {@code [group][channel]}
   * @return in [0, 1]
   */
  public static double measure(
      SameDiff dense,
      List<ScoreSite> sites,
      ChannelAnalysis analysis,
      boolean[][] kept,
      DataSetIterator data) {
    String input = dense.getTrainingConfig().getDataSetFeatureMapping().get(0);
    List<String> maps = sites.stream().map(ScoreSite::map).toList();
    List<TaskRelevance> relevance = new ArrayList<>();
    List<double[]> magnitude = new ArrayList<>();
    for (ScoreSite site : sites) {
      relevance.add(new TaskRelevance(site.filters(), 1));
      magnitude.add(new double[site.filters()]);
    }
    while (data.hasNext()) {
      DataSet batch = data.next();
      INDArray y = batch.getLabels();
      StepLabels labels =
          new StepLabels(y.dup('c').data().asDouble(), (int) y.size(0), (int) y.size(1));
      Map<String, INDArray> values =
          Probe.run(dense, Map.of(input, batch.getFeatures()), maps.stream().distinct().toList());
      for (int i = 0; i < sites.size(); i++) {
        INDArray map = values.get(maps.get(i));
        int[] space = sites.get(i).spatialAxes();
        relevance.get(i).add(mean(map, space).dup('c').data().asDouble(), labels);
        double[] sums = mean(Transforms.abs(map), space).sum(0).data().asDouble();
        for (int k = 0; k < sums.length; k++) {
          magnitude.get(i)[k] += sums[k];
        }
      }
      values.values().forEach(INDArray::close);
    }
    if (data.resetSupported()) {
      data.reset();
    }
    double keptSum = 0;
    double allSum = 0;
    for (int i = 0; i < sites.size(); i++) {
      ScoreSite site = sites.get(i);
      double[] r = relevance.get(i).get();
      int[][] filters = analysis.groups().get(site.group()).filters().get(site.member());
      for (int c = 0; c < filters.length; c++) {
        for (int f : filters[c]) {
          double weight = r[f] * magnitude.get(i)[f];
          allSum += weight;
          keptSum += kept[site.group()][c] ? weight : 0;
        }
      }
    }
    return allSum == 0 ? 1 : keptSum / allSum;
  }

  private static INDArray mean(INDArray map, int[] space) {
    return space.length == 0 ? map : map.mean(space);
  }
}
