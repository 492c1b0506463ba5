package org.samediff.pruning.importance;

import java.util.List;
import java.util.Locale;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.rewrite.ScoreSite;

/**
 * How important a filter is. A criterion adds ops to the graph around each prunable convolution and
 * turns what they yield at each step into one score per filter.
 *
 * <p>Scores are not negative and have mean one over a layer, so that layers can be ranked together;
 * low scores are cut first. Nothing a criterion adds lies on the way to the loss, so no gradient
 * changes, and SameDiff does not run it unless the pruning listener asks. Implementations are
 * immutable; the {@link SiteScorer}s they make hold the state of one run.
 */
public interface Criterion {
  /** Name for reports and the command line. */
  String name();

  /** True if scoring needs one-hot class labels of shape {@code [N, classes]} at each step. */
  default boolean needsLabels() {
    return false;
  }

  /**
   * A scorer for one convolution.
   *
   * @throws PruningException BAD_OPTION if the criterion does not apply to this convolution
   */
  SiteScorer at(ScoreSite site, ScoringOptions options);

  /**
   * The default: effect on the loss times task relevance to the power 1/2. Our instantiation of the
   * two factors that Gao, Wang, Jing and Yu (Scientia Sinica Informationis 2022, 3) name in their
   * abstract; see docs/method.md.
   */
  static Criterion twoFactor() {
    return twoFactor(0.5);
  }

  /**
   * Effect on the loss times task relevance to the power {@code tau}.
   *
   * @param tau in [0, 1]; 0 leaves the effect on the loss alone and needs no labels
   */
  static Criterion twoFactor(double tau) {
    return new TwoFactor(tau);
  }

  /** A fixed random score from the run's seed: the control of every comparison. */
  static Criterion random() {
    return new RandomScore();
  }

  /** Sum of absolute weights. Li et al., Pruning Filters for Efficient ConvNets, 2017. */
  static Criterion l1() {
    return new WeightNorm(WeightNorm.Order.L1);
  }

  /** Euclidean norm of the weights. */
  static Criterion l2() {
    return new WeightNorm(WeightNorm.Order.L2);
  }

  /** Batch norm's |gamma|. Liu et al., Network Slimming, 2017. */
  static Criterion gamma() {
    return new ScaleMagnitude();
  }

  /**
   * First-order Taylor expansion of the loss, |sum of map times gradient| over the batch. Molchanov
   * et al., Importance Estimation for Neural Network Pruning, 2019.
   */
  static Criterion taylor() {
    return new Taylor();
  }

  /**
   * Distance to the other filters of the layer. He et al., Filter Pruning via Geometric Median,
   * 2019.
   */
  static Criterion fpgm() {
    return new GeometricMedian();
  }

  /** All criteria, the default first. */
  static List<Criterion> all() {
    return List.of(twoFactor(), taylor(), l1(), l2(), gamma(), fpgm(), random());
  }

  /**
   * The criterion with this name.
   *
   * @throws PruningException BAD_OPTION listing the names there are
   */
  static Criterion named(String name) {
    String wanted = name.toLowerCase(Locale.ROOT);
    return all().stream()
        .filter(c -> c.name().equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new PruningException(
                    PruningException.Code.BAD_OPTION,
                    "no criterion \""
                        + name
                        + "\"; there are "
                        + all().stream().map(Criterion::name).toList()));
  }
}
