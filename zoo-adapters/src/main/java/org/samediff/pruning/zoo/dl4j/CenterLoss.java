package org.samediff.pruning.zoo.dl4j;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Center loss: an output layer that also pulls its input x towards the center of its class, by
 * {@code lambda / 2 * |x - center|^2}, while each center moves towards its examples. Centers are
 * constants, {@code <layer>/centers}, {@code [classes, length]}, that a listener moves.
 *
 * <p>Source: Wen et al., A Discriminative Feature Learning Approach for Deep Face Recognition,
 * 2016; DL4J divides a step of the centers by the batch size once more.
 */
public final class CenterLoss {
  private static final String CENTERS = "/centers";
  private static final String PULL = "/pull";

  private CenterLoss() {}

  /**
   * Attaches the listener that moves the centers of a converted graph; once, however often it is
   * called. Conversion does it by itself; it is needed by hand for a graph that was loaded from a
   * file and is to be trained on, since files hold no listeners.
   */
  public static void keepCenters(SameDiff sd) {
    Mover mover = new Mover();
    if (!sd.getListeners().contains(mover)) {
      sd.addListeners(mover);
    }
  }

  static SDVariable layer(CenterLossOutputLayer layer, NodeContext node) {
    SDVariable z = DenseLayers.product(layer, node);
    SDVariable y = ActivationFunctions.apply(layer.getActivationFn(), node, z);
    node.conversion()
        .addLoss(
            node,
            node.outputType(),
            labels ->
                LossFunctions.apply(layer.getLossFn(), node, labels, y)
                    .add(pull(layer, node, labels)));
    return y;
  }

  /** The factor alpha is in the graph, so that files keep it for the listener. */
  private static SDVariable pull(CenterLossOutputLayer layer, NodeContext node, SDVariable labels) {
    node.require(
        !layer.getGradientCheck(), () -> "is set up for gradient checks, not for training");
    double alpha = layer.getAlpha();
    SDVariable centers = node.constant("centers", node.array("cL").dup('c'));
    SDVariable difference = node.x().sub(labels.mmul(centers));
    double factor = layer.getLambda() / 2;
    if (alpha != 0) {
      difference =
          node.sd().updateVariableNameAndReference(difference.mul(alpha), node.name() + PULL);
      factor /= alpha * alpha;
      keepCenters(node.sd());
    }
    return node.sd().math().square(difference).sum(1).mean().mul(factor);
  }

  /** All instances are equal: SameDiff, which drops equal listeners, never moves twice. */
  private static final class Mover extends BaseListener {
    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void activationAvailable(
        SameDiff sd, At at, MultiDataSet batch, SameDiffOp op, String name, INDArray pull) {
      if (batch == null || !name.endsWith(PULL)) {
        return;
      }
      String layer = name.substring(0, name.length() - PULL.length());
      if (!sd.hasVariable(layer + CENTERS)) {
        return;
      }
      INDArray labels = labels(sd, layer, batch).castTo(pull.dataType());
      INDArray seen = labels.sum(0).addi(1.0).muli(pull.size(0));
      INDArray step =
          labels.transpose().mmul(pull).diviColumnVector(seen.reshape(seen.length(), 1));
      sd.getVariable(layer + CENTERS).getArr().addi(step);
    }

    private static INDArray labels(SameDiff sd, String layer, MultiDataSet batch) {
      List<String> mapping = new ArrayList<>(sd.getTrainingConfig().getDataSetLabelMapping());
      for (SameDiffOp op : sd.getOps().values()) {
        List<String> inputs = op.getInputsToOp();
        if (inputs != null && inputs.size() == 2 && inputs.get(1).equals(layer + CENTERS)) {
          return batch.getLabels(mapping.indexOf(inputs.get(0)));
        }
      }
      throw new IllegalStateException("nothing multiplies labels by \"" + layer + CENTERS + "\"");
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Mover;
    }

    @Override
    public int hashCode() {
      return Mover.class.hashCode();
    }
  }
}
