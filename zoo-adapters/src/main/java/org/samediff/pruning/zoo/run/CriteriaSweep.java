package org.samediff.pruning.zoo.run;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.samediff.pruning.PruningReport;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * Every criterion at every ratio from the same dense networks, one per network and seed.
 *
 * @param networks to prune
 * @param criteria to compare
 * @param macsTargets shares of the multiply-accumulates to remove
 * @param seeds one dense training each
 * @param trainingEpochs of the dense training
 * @param pruningEpochs of each pruning run
 */
public record CriteriaSweep(
    List<DemoNetwork> networks,
    List<Criterion> criteria,
    List<Double> macsTargets,
    List<Long> seeds,
    int trainingEpochs,
    int pruningEpochs) {

  /**
   * The outcome of one run.
   *
   * @param macsRemoved share that was removed in the end
   * @param accuracyDense of the dense network on the test images
   * @param accuracyCompacted of the compacted network on the test images
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Outcome(
      String network,
      String criterion,
      double macsTarget,
      long seed,
      double macsRemoved,
      double accuracyDense,
      double accuracyCompacted) {
    private boolean isOf(
        DemoNetwork ofNetwork, Criterion ofCriterion, double ofTarget, long ofSeed) {
      return network.equals(ofNetwork.label())
          && criterion.equals(ofCriterion.name())
          && macsTarget == ofTarget
          && seed == ofSeed;
    }
  }

  /** What is told of an outcome as soon as it is known. */
  public interface Done {
    /** Called once for each outcome; what it throws ends the sweep. */
    void accept(Outcome outcome) throws IOException;
  }

  /** Number of outcomes. */
  public int size() {
    return networks.size() * seeds.size() * macsTargets.size() * criteria.size();
  }

  /**
   * Runs them all, but for those that are known.
   *
   * @param known outcomes of the same sweep
   * @return all outcomes, the known ones first
   */
  public List<Outcome> run(FashionMnist data, Progress progress, List<Outcome> known, Done done)
      throws IOException {
    List<Outcome> outcomes = new ArrayList<>(known);
    for (DemoNetwork network : networks) {
      for (long seed : seeds) {
        Optional<DenseNetwork> dense = Optional.empty();
        for (double macsTarget : macsTargets) {
          for (Criterion criterion : criteria) {
            if (known.stream().anyMatch(o -> o.isOf(network, criterion, macsTarget, seed))) {
              continue;
            }
            if (dense.isEmpty()) {
              Recipe training = Recipe.training().withEpochs(trainingEpochs);
              dense = Optional.of(DenseNetwork.train(network, data, training, seed, progress));
            }
            Outcome outcome = prune(dense.get(), criterion, macsTarget, data, progress);
            outcomes.add(outcome);
            done.accept(outcome);
          }
        }
      }
    }
    return outcomes;
  }

  private Outcome prune(
      DenseNetwork dense,
      Criterion criterion,
      double macsTarget,
      FashionMnist data,
      Progress progress) {
    Recipe recipe = Recipe.pruning().withEpochs(pruningEpochs);
    PruningRun run =
        PruningRun.execute(
            dense, PruningRun.Settings.macs(criterion, macsTarget, recipe), data, progress);
    PruningReport report = run.report();
    return new Outcome(
        dense.classifier().label(),
        criterion.name(),
        macsTarget,
        dense.seed(),
        1 - (double) report.macsAfter() / report.macsBefore(),
        dense.accuracy(),
        run.accuracy());
  }
}
