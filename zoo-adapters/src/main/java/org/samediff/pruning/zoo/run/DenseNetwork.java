package org.samediff.pruning.zoo.run;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongFunction;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.samediff.pruning.TrainingCheckpoints;
import org.samediff.pruning.layers.FastGradients;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.data.LabelledImages;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * A trained network that nothing has been cut from; any number of pruning runs may start from it.
 *
 * @param classifier the network
 * @param seed of weights and batches
 * @param accuracy on the test images, 0 to 1
 */
public record DenseNetwork(Classifier classifier, long seed, double accuracy) {
  /** Trains a new demo network. */
  public static DenseNetwork train(
      DemoNetwork network, FashionMnist data, Recipe recipe, long seed, Progress progress) {
    return train(Classifier.of(network, seed), data, recipe, seed, progress);
  }

  /** Trains a network; its graph is changed. */
  public static DenseNetwork train(
      Classifier classifier, FashionMnist data, Recipe recipe, long seed, Progress progress) {
    return train(classifier, data, recipe, seed, progress, Optional.empty());
  }

  /**
   * Trains a network with checkpoints, from where they stand; its graph is changed.
   *
   * @param checkpoints of the graph, asked for once it has its TrainingConfig; given the number of
   *     steps of the whole training
   */
  public static DenseNetwork train(
      Classifier classifier,
      FashionMnist data,
      Recipe recipe,
      long seed,
      Progress progress,
      Optional<LongFunction<TrainingCheckpoints>> checkpoints) {
    SameDiff graph = classifier.graph();
    ImageIterator batches = classifier.shuffled(data.train(), recipe.batch(), seed);
    int stepsPerEpoch = batches.batchesPerEpoch();
    graph.setTrainingConfig(recipe.config(classifier, stepsPerEpoch));
    Optional<TrainingCheckpoints> listener =
        checkpoints.map(c -> c.apply((long) recipe.epochs() * stepsPerEpoch));
    int left = listener.map(c -> c.reposition(batches, recipe.epochs())).orElse(recipe.epochs());
    long done = listener.map(TrainingCheckpoints::step).orElse(0L);
    if (left > 0) {
      TrainingProgress shown =
          new TrainingProgress(progress, recipe.epochs(), stepsPerEpoch, () -> "", done);
      Listener[] listeners = listener.stream().toArray(Listener[]::new);
      fit(graph, batches, left, shown, classifier.label() + ": train", listeners);
    }
    return new DenseNetwork(classifier, seed, accuracy(classifier, graph, data.test()));
  }

  /** A network as it is. */
  public static DenseNetwork untrained(Classifier classifier, FashionMnist data, long seed) {
    SameDiff graph = classifier.graph();
    return new DenseNetwork(classifier, seed, accuracy(classifier, graph, data.test()));
  }

  /** The network's graph. */
  public SameDiff graph() {
    return classifier.graph();
  }

  /** Trains a configured graph and shows how far it is. */
  static void fit(
      SameDiff graph,
      ImageIterator batches,
      int epochs,
      TrainingProgress progress,
      String task,
      Listener... listeners) {
    progress.begin(task);
    Listener[] all = Arrays.copyOf(listeners, listeners.length + 2);
    all[listeners.length] = progress;
    all[listeners.length + 1] = new FastGradients();
    graph.fit(batches, epochs, all);
    progress.end();
  }

  /**
   * Share of the images that a graph classifies correctly. Scores that are no numbers are wrong: an
   * untrained network's batch norm may bring them about.
   */
  static double accuracy(Classifier classifier, SameDiff graph, LabelledImages images) {
    ImageIterator batches = classifier.ordered(images, classifier.inferenceBatch());
    long right = 0;
    while (batches.hasNext()) {
      DataSet batch = batches.next();
      INDArray scores = classifier.infer(graph, batch.getFeatures());
      int[] told = scores.argMax(1).toIntVector();
      int[] meant = batch.getLabels().argMax(1).toIntVector();
      for (int i = 0; i < told.length; i++) {
        boolean number = Double.isFinite(scores.getDouble(i, told[i]));
        right += number && told[i] == meant[i] ? 1 : 0;
      }
    }
    return (double) right / images.count();
  }
}
