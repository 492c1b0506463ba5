package org.samediff.pruning.importance;

import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * The mean of a map over space, {@code [N, K]} in c order (with two axes of length one): an average
 * pooling over the whole map, which ND4J computes faster than a reduction.
 */
final class SpatialMean {
  private SpatialMean() {}

  static void add(SameDiff graph, String name, ScoreSite site) {
    Pooling2DConfig whole =
        Pooling2DConfig.builder()
            .kH(site.height())
            .kW(site.width())
            .sH(site.height())
            .sW(site.width())
            .paddingMode(PaddingMode.VALID)
            .isNHWC(site.channelAxis() == 3)
            .build();
    graph.cnn().avgPooling2d(name, graph.getVariable(site.map()), whole);
  }
}
