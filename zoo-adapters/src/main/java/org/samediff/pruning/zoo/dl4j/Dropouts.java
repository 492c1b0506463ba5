package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.dropout.Dropout;
import org.deeplearning4j.nn.conf.dropout.IDropout;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ops.random.custom.RandomBernoulli;

/**
 * Inverted dropout, {@code x * mask / p} with the probability p to stay, in training only. SameDiff
 * 1.0.0-M2.1 cannot differentiate its own dropout; the mask is drawn by an op of its own, and a
 * placeholder that ND4J fills itself says whether the graph trains.
 */
final class Dropouts {
  private Dropouts() {}

  static SDVariable layer(DropoutLayer layer, NodeContext node) {
    return apply(layer.getIDropout(), node, node.x());
  }

  static SDVariable apply(@Nullable IDropout dropout, NodeContext node, SDVariable x) {
    if (dropout == null || !node.trains()) {
      return x;
    }
    if (!(dropout instanceof Dropout plain) || plain.getPSchedule() != null) {
      throw node.unsupported(
          dropout.getClass().getSimpleName(),
          "has the dropout " + dropout + "; only Dropout with a fixed probability is supported");
    }
    double p = plain.getP();
    if (p == 1) {
      return x;
    }
    SDVariable training = node.conversion().learningPhase();
    SDVariable kept =
        new RandomBernoulli(node.sd(), node.sd().shape(x), p)
            .outputVariable()
            .castTo(node.dataType())
            .div(p);
    return x.mul(kept.sub(1.0).mul(training).add(1.0));
  }
}
