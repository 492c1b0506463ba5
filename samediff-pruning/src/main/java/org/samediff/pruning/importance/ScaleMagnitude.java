package org.samediff.pruning.importance;

import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.rewrite.ReservedNames;
import org.samediff.pruning.rewrite.ScoreSite;

/** {@code |gamma|} of the batch norm behind the convolution. */
record ScaleMagnitude() implements Criterion {
  @Override
  public String name() {
    return "gamma";
  }

  @Override
  public SiteScorer at(ScoreSite site, ScoringOptions options) {
    String gamma =
        site.gamma()
            .orElseThrow(
                () ->
                    new PruningException(
                        PruningException.Code.BAD_OPTION,
                        "criterion gamma needs a batch norm with a trainable scale behind every"
                            + " convolution, and \""
                            + site.layer()
                            + "\" has none; take another criterion or list it in ignoredLayers"));
    String name = ReservedNames.score(site.layer(), "gamma");
    return new WeightNorm.VectorScorer(name, site.filters(), options.decay()) {
      @Override
      void add(SameDiff graph, String as) {
        graph.math().abs(as, graph.getVariable(gamma));
      }
    };
  }
}
