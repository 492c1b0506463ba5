package org.samediff.pruning.importance;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.CutScope;
import org.samediff.pruning.graph.GradientFunction;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.rewrite.MapTap;
import org.samediff.pruning.rewrite.ScoreSite;
import org.samediff.pruning.testing.Nets;

/**
 * One criterion on every layer of a net, driven step by step by hand: the gradient function is run
 * on a batch, the taps beside, the scorers get the sums, and the test gets the maps and their
 * gradients to compute the same in plain loops.
 */
final class ScoreBench {
  final SameDiff sd;
  final SameDiff gradients;
  final List<ScoreSite> sites;
  final List<SiteScorer> scorers = new ArrayList<>();
  private final List<String> wanted = new ArrayList<>();

  /** What one step saw: each wanted array, with maps as {@code [n][k][position]}. */
  record Step(Map<String, INDArray> arrays, StepLabels labels) {
    /** The array of an activation over the map of a site, {@code [n][k][position]}. */
    double[][][] map(String name, ScoreSite site) {
      INDArray a = arrays.get(name);
      double[] flat = a.dup('c').data().asDouble();
      int n = (int) a.size(0);
      int positions = site.space().stream().reduce(1, (p, q) -> p * q);
      double[][][] map = new double[n][site.filters()][positions];
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < site.filters(); k++) {
          for (int p = 0; p < positions; p++) {
            int at =
                site.channelAxis() == 1
                    ? (i * site.filters() + k) * positions + p
                    : (i * positions + p) * site.filters() + k;
            map[i][k][p] = flat[at];
          }
        }
      }
      return map;
    }
  }

  ScoreBench(SameDiff net, Criterion criterion, ScoringOptions options) {
    sd = GraphCopy.of(net);
    sites = sites(sd);
    for (ScoreSite site : sites) {
      scorers.add(criterion.at(site, options));
    }
    gradients = GradientFunction.of(sd);
    for (int i = 0; i < sites.size(); i++) {
      if (scorers.get(i).readsMap()) {
        wanted.add(MapTap.insert(gradients, sites.get(i)));
      }
    }
  }

  /** Every convolution of a net, and every dense layer but the last. */
  static List<ScoreSite> sites(SameDiff sd) {
    Map<String, INDArray> inputs = Probe.inputs(sd, 3, 1, List.of("y"));
    Map<String, long[]> shapes = Probe.shapes(sd, inputs);
    GraphView view = GraphView.of(sd);
    ChannelAnalysis analysis =
        ChannelAnalysis.of(
            view, shapes, 3, List.of("logits"), CutScope.FILTERS.withDenseUnits(true));
    return ScoreSite.of(view, shapes, analysis);
  }

  static SameDiff net(String name, DataType type, boolean nhwc) {
    return switch (name) {
      case "chain" -> Nets.chain(type, 7, nhwc);
      case "vgg" -> Nets.vgg(type, 7);
      default -> Nets.resnet(type, 7, nhwc);
    };
  }

  /** Name of the gradient by a site's map. */
  String gradient(ScoreSite site) {
    return GradientFunction.gradientOf(gradients, site.map()).orElseThrow();
  }

  String gradient(String variable) {
    return GradientFunction.gradientOf(gradients, variable).orElseThrow();
  }

  /** One step: runs the batch, feeds the scorers. Weights stay as they are. */
  Step step(DataSet batch, String... more) {
    Set<String> names = new LinkedHashSet<>(wanted);
    names.addAll(List.of(more));
    for (ScoreSite site : sites) {
      names.add(site.map());
      names.add(gradient(site));
    }
    Map<String, INDArray> arrays =
        Probe.run(
            gradients,
            Map.of("x", batch.getFeatures(), "y", batch.getLabels()),
            List.copyOf(names));
    INDArray y = batch.getLabels();
    StepLabels labels =
        new StepLabels(y.dup('c').data().asDouble(), (int) y.size(0), (int) y.size(1));
    for (int i = 0; i < sites.size(); i++) {
      ScoreSite site = sites.get(i);
      MapSums sums =
          MapSums.of(arrays.get(site.map()), arrays.get(gradient(site)), site.channelAxis());
      scorers.get(i).step(new Observation(0, name -> sd.getVariable(name).getArr(), sums, labels));
    }
    return new Step(arrays, labels);
  }

  /** Moves every convolution's weights, and gamma, a little, as training would. */
  void moveWeights(long seed) {
    Random random = new Random(seed);
    for (GraphView.Var v : GraphView.of(sd).variables()) {
      if (v.trainable()) {
        INDArray a = v.array();
        a.addi(Nets.gaussian(a.dataType(), random, 0.1, a.shape()));
      }
    }
  }

  /** The values of a variable, in c order. */
  double[] values(String variable) {
    return sd.getVariable(variable).getArr().dup('c').data().asDouble();
  }
}
