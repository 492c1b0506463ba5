package org.samediff.pruning.importance;

import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GradientFunction;
import org.samediff.pruning.rewrite.ReservedNames;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * The first-order change of the loss when a filter's map is switched off, for each example: {@code
 * t[n,k] = sum over space of A * dL/dA}. With batch norm its sum over the batch equals {@code gamma
 * dL/dgamma + beta dL/dbeta}, but the mean over examples of |t| cannot be had from that.
 */
final class LossEffect {
  private LossEffect() {}

  /**
   * Adds t, {@code [N, K]}, to the gradient function unless it is there.
   *
   * @return the name of t
   */
  static String add(SameDiff gradients, ScoreSite site) {
    String name = ReservedNames.score(site.layer(), "effect");
    if (!gradients.hasVariable(name)) {
      String gradient =
          GradientFunction.gradientOf(gradients, site.map())
              .orElseThrow(
                  () ->
                      new PruningException(
                          PruningException.Code.NOTHING_TO_PRUNE,
                          "layer \""
                              + site.layer()
                              + "\": the loss does not depend on its output; list it in ignoredLayers"));
      if (site.space().isEmpty()) {
        gradients.getVariable(site.map()).mul(name, gradients.getVariable(gradient));
        return name;
      }
      // one op and no temporary of the map's size, where a product and a sum would take two
      gradients.dot(
          name,
          gradients.getVariable(site.map()),
          gradients.getVariable(gradient),
          site.spatialAxes());
    }
    return name;
  }
}
