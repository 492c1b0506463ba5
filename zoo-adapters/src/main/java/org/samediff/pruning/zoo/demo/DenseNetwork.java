package org.samediff.pruning.zoo.demo;

import java.util.Arrays;
import java.util.function.Supplier;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.evaluation.classification.Evaluation;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.data.LabelledImages;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * A trained network that nothing has been cut from; any number of pruning runs may start from it.
 *
 * @param network its architecture
 * @param seed of weights and batches
 * @param graph the trained graph
 * @param accuracy on the test images, 0 to 1
 */
public record DenseNetwork(DemoNetwork network, long seed, SameDiff graph, double accuracy) {
  private static final int EVALUATION_BATCH = 200;

  /** Trains a new network. */
  public static DenseNetwork train(
      DemoNetwork network, FashionMnist data, Recipe recipe, long seed, Progress progress) {
    SameDiff graph = network.build(seed);
    ImageIterator batches = ImageIterator.shuffled(data.train(), recipe.batch(), seed);
    graph.setTrainingConfig(recipe.config(batches.batchesPerEpoch()));
    fit(graph, batches, recipe, progress, network.label() + ": train", () -> "");
    return new DenseNetwork(network, seed, graph, accuracy(graph, data.test()));
  }

  /** Trains a configured graph and shows how far it is. */
  static void fit(
      SameDiff graph,
      ImageIterator batches,
      Recipe recipe,
      Progress progress,
      String task,
      Supplier<String> state,
      Listener... listeners) {
    int stepsPerEpoch = batches.batchesPerEpoch();
    progress.begin(task, (long) recipe.epochs() * stepsPerEpoch);
    Listener[] all = Arrays.copyOf(listeners, listeners.length + 1);
    all[listeners.length] = new TrainingProgress(progress, recipe.epochs(), stepsPerEpoch, state);
    graph.fit(batches, recipe.epochs(), all);
    progress.end();
  }

  /** Share of the images that a graph classifies correctly. */
  static double accuracy(SameDiff graph, LabelledImages images) {
    Evaluation evaluation = new Evaluation(images.classes());
    graph.evaluate(ImageIterator.ordered(images, EVALUATION_BATCH), DemoNetwork.LOGITS, evaluation);
    return evaluation.accuracy();
  }
}
