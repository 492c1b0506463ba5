package org.samediff.pruning.importance;

import java.util.Arrays;
import org.samediff.pruning.error.PruningException;
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
    return AverageScorer.ofParameter(
        site,
        options,
        gamma,
        array -> Arrays.stream(array.dup('c').data().asDouble()).map(Math::abs).toArray());
  }
}
