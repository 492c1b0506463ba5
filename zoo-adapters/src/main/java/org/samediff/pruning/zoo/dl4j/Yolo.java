package org.samediff.pruning.zoo.dl4j;

import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.objdetect.Yolo2OutputLayer;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * YOLOv2's output: per cell and box a center, a size, a confidence, and class probabilities.
 *
 * <p>DL4J's training loss is not converted.
 *
 * <p>Source: Redmon and Farhadi, YOLO9000, 2016, as DL4J 1.0.0-M2.1 computes it.
 */
final class Yolo {
  private final SameDiff sd;
  private final long boxes;
  private final long classes;
  private final long height;
  private final long width;

  /** Before the activation functions: {@code [N, boxes, 5 + classes, H, W]}. */
  private final SDVariable raw;

  /** Box widths and heights, {@code [1, boxes, 2, 1, 1]}, in cells. */
  private final SDVariable priors;

  private Yolo(Yolo2OutputLayer layer, NodeContext node) {
    InputType.InputTypeConvolutional image = node.image();
    INDArray sizes = layer.getBoundingBoxes();
    this.sd = node.sd();
    this.boxes = sizes.size(0);
    this.classes = image.getChannels() / boxes - 5;
    this.height = image.getHeight();
    this.width = image.getWidth();
    this.raw = node.x().reshape(-1, boxes, 5 + classes, height, width);
    this.priors =
        node.constant("priors", sizes.castTo(node.dataType()).reshape(1, boxes, 2, 1, 1).dup('c'));
  }

  static SDVariable layer(Yolo2OutputLayer layer, NodeContext node) {
    node.requireNchw(layer.getFormat());
    if (node.conversion().options().trainable()) {
      node.conversion()
          .downgrade(
              node.name(),
              node.node().type(),
              "layer \"" + node.name() + "\" (Yolo2OutputLayer) has no training loss in SameDiff",
              "the graph infers, and has neither labels nor a loss");
    }
    Yolo yolo = new Yolo(layer, node);
    return node.sd()
        .concat(2, yolo.centers(), yolo.sizes(), yolo.confidences(), yolo.probabilities())
        .reshape(-1, yolo.boxes * (5 + yolo.classes), yolo.height, yolo.width);
  }

  private SDVariable part(int from, long count) {
    return sd.slice(raw, new int[] {0, 0, from, 0, 0}, -1, -1, (int) count, -1, -1);
  }

  private SDVariable centers() {
    return sd.nn().sigmoid(part(0, 2));
  }

  private SDVariable sizes() {
    return sd.math().exp(part(2, 2)).mul(priors);
  }

  private SDVariable confidences() {
    return sd.nn().sigmoid(part(4, 1));
  }

  private SDVariable probabilities() {
    return sd.nn().softmax(part(5, classes).permute(0, 1, 3, 4, 2), -1).permute(0, 1, 4, 2, 3);
  }
}
