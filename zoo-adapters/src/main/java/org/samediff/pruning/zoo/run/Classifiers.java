package org.samediff.pruning.zoo.run;

import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.zoo.data.ImageSize;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;

/** Finds the parts of a network that training on labelled images needs, or says what is missing. */
public final class Classifiers {
  private static final String LABELS = "labels";
  private static final String LOSS = "train/loss";

  private Classifiers() {}

  /**
   * A network as a classifier. One without a loss gets the softmax cross entropy of its only
   * output's logits.
   *
   * @param label for tables
   * @param side height and width of the images, where the network leaves them open
   * @param classes that the data has
   * @throws PruningException BAD_OPTION if it does not take one image and tell one class of these
   */
  public static Classifier of(
      ConvertedNetwork network, String label, Optional<Integer> side, int classes) {
    SameDiff sd = network.graph();
    String input = only(network.inputs(), label, "input");
    String scores = only(network.outputs(), label, "output");
    ImageSize images = imageSize(sd.getVariable(input), label, side);
    String labels;
    String loss;
    if (network.loss().isPresent() && !network.labels().isEmpty()) {
      labels = only(network.labels(), label, "label array");
      loss = network.loss().get();
      requireClasses(sd.getVariable(labels).placeholderShape(), label, classes);
    } else {
      labels = LABELS;
      loss = LOSS;
      addLoss(sd, network.logits().orElse(scores), classes);
    }
    return new Classifier(label, sd, input, labels, scores, loss, images);
  }

  private static void addLoss(SameDiff sd, String logits, int classes) {
    SDVariable scores = sd.getVariable(logits);
    SDVariable labels = sd.placeHolder(LABELS, scores.dataType(), -1, classes);
    sd.loss().softmaxCrossEntropy(LOSS, labels, scores, null);
    sd.setLossVariables(LOSS);
  }

  private static String only(List<String> names, String label, String kind) {
    if (names.size() != 1) {
      throw new PruningException(
          Code.BAD_OPTION,
          String.format(
              "%s has %d %ss %s, and a classifier has one; train it with a script of your own",
              label, names.size(), kind, names));
    }
    return names.get(0);
  }

  private static ImageSize imageSize(SDVariable input, String label, Optional<Integer> side) {
    long[] shape = input.placeholderShape();
    if (shape == null || shape.length != 4 || shape[1] < 1) {
      throw new PruningException(
          Code.BAD_OPTION,
          String.format(
              "%s: placeholder \"%s\" is not of shape [N, channels, height, width] but %s; train it"
                  + " with a script of your own",
              label, input.name(), java.util.Arrays.toString(shape)));
    }
    return new ImageSize((int) shape[1], size(shape[2], label, side), size(shape[3], label, side));
  }

  private static int size(long fixed, String label, Optional<Integer> side) {
    if (fixed > 0 && side.isPresent() && side.get() != fixed) {
      throw new PruningException(
          Code.BAD_OPTION,
          String.format("%s takes images of %d pixels, got --input %d", label, fixed, side.get()));
    }
    if (fixed < 1 && side.isEmpty()) {
      throw new PruningException(
          Code.BAD_OPTION, label + " leaves the size of its images open; give it with --input");
    }
    return fixed > 0 ? (int) fixed : side.get();
  }

  private static void requireClasses(long[] shape, String label, int classes) {
    if (shape == null || shape.length != 2 || (shape[1] > 0 && shape[1] != classes)) {
      throw new PruningException(
          Code.BAD_OPTION,
          String.format(
              "%s takes labels of shape %s, the data's are [N, %d]; they must be the same",
              label, java.util.Arrays.toString(shape), classes));
    }
  }
}
