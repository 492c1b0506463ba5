package org.samediff.pruning.zoo.run;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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
      double accuracyCompacted) {}

  /**
   * Runs them all.
   *
   * @param done is told of every outcome as soon as it is known
   */
  public List<Outcome> run(FashionMnist data, Progress progress, Consumer<Outcome> done) {
    List<Outcome> outcomes = new ArrayList<>();
    for (DemoNetwork network : networks) {
      for (long seed : seeds) {
        Recipe training = Recipe.training().withEpochs(trainingEpochs);
        DenseNetwork dense = DenseNetwork.train(network, data, training, seed, progress);
        for (double macsTarget : macsTargets) {
          for (Criterion criterion : criteria) {
            Outcome outcome = prune(dense, criterion, macsTarget, data, progress);
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
