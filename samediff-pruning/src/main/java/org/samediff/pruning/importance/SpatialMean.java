package org.samediff.pruning.importance;

import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * The mean of a map over space, {@code [N, K]} in c order (with two axes of length one): an average
 * pooling over the whole map, which ND4J computes faster than a reduction. Behind a dense layer,
 * the map itself.
 */
final class SpatialMean {
  private SpatialMean() {}

  static void add(SameDiff graph, String name, ScoreSite site) {
    if (site.space().isEmpty()) {
      // a copy: listeners get no array of an identity (ND4J 1.0.0-M2.1)
      graph.getVariable(site.map()).add(name, 0);
      return;
    }
    if (site.space().size() != 2) {
      graph.getVariable(site.map()).mean(name, site.spatialAxes());
      return;
    }
    int height = site.space().get(0);
    int width = site.space().get(1);
    Pooling2DConfig whole =
        Pooling2DConfig.builder()
            .kH(height)
            .kW(width)
            .sH(height)
            .sW(width)
            .paddingMode(PaddingMode.VALID)
            .isNHWC(site.channelAxis() == 3)
            .build();
    graph.cnn().avgPooling2d(name, graph.getVariable(site.map()), whole);
  }
}
