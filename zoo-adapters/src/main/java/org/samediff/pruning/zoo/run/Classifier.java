package org.samediff.pruning.zoo.run;

import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.data.ImageSize;
import org.samediff.pruning.zoo.data.LabelledImages;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * A network that tells the class of an image, and the names in its graph.
 *
 * @param label what it is called in tables
 * @param graph with a loss
 * @param input placeholder of the images, {@code [N, C, H, W]}
 * @param labels placeholder of the classes, one-hot, {@code [N, classes]}
 * @param scores one number per class, {@code [N, classes]}; the largest is the answer
 * @param loss scalar that training minimises
 * @param images size of the images
 */
public record Classifier(
    String label,
    SameDiff graph,
    String input,
    String labels,
    String scores,
    String loss,
    ImageSize images) {
  private static final int MOST_BATCH = 200;
  private static final int LEAST_BATCH = 4;
  private static final int ELEMENTS_IN_BATCH = 1 << 20;

  /** A demo network with random weights. */
  public static Classifier of(DemoNetwork network, long seed) {
    return new Classifier(
        network.label(),
        network.build(seed),
        DemoNetwork.INPUT,
        DemoNetwork.LABELS,
        DemoNetwork.LOGITS,
        DemoNetwork.LOSS,
        DemoNetwork.IMAGES);
  }

  /** Every image once, in the order of the file. */
  ImageIterator ordered(LabelledImages data, int batch) {
    return ImageIterator.ordered(data, images, batch);
  }

  /** Every image once per epoch, shuffled and mirrored by chance. */
  ImageIterator shuffled(LabelledImages data, int batch, long seed) {
    return ImageIterator.shuffled(data, images, batch, seed);
  }

  /** Images that inference takes at a time, so that large ones do not fill the memory. */
  int inferenceBatch() {
    return Math.max(LEAST_BATCH, Math.min(MOST_BATCH, ELEMENTS_IN_BATCH / images.elements()));
  }

  /** The scores of a batch, from a graph with this network's names. */
  INDArray infer(SameDiff sd, INDArray batch) {
    return sd.output(Map.of(input, batch), scores).get(scores);
  }
}
