package org.samediff.pruning.layers;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.ops.TrainableBatchNorm;

/**
 * Folds the moments of each training batch into the running mean and variance that inference uses.
 *
 * <p>The moments are computed in the gradient function anyway (see {@link TrainableBatchNorm});
 * this listener only reads them as they pass. It does nothing outside {@code fit}: {@code
 * calculateGradients} runs the same function, but has no batch.
 *
 * <p>All instances are equal, so that SameDiff, which drops equal listeners, never updates twice.
 */
final class RunningAverages extends BaseListener {
  private record Average(INDArray running, double decay, String op) {}

  private final Map<String, Average> byMoment = new HashMap<>();

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  @Override
  public void operationStart(SameDiff gradientFunction, Operation operation) {
    byMoment.clear();
    for (SameDiffOp op : gradientFunction.getOps().values()) {
      if (op.getOp() instanceof TrainableBatchNorm bn) {
        String[] moments = TrainableBatchNorm.batchMomentNames(op.getOutputsOfOp().get(0));
        if (op.getInputsToOp().get(1).equals(moments[0])) {
          String[] running = bn.runningAverageNames();
          for (int i = 0; i < 2; i++) {
            INDArray array = gradientFunction.getVariable(running[i]).getArr();
            byMoment.put(
                moments[i],
                new Average(array, bn.decay(BatchNormalization.DECAY), op.getOutputsOfOp().get(0)));
          }
        }
      }
    }
  }

  @Override
  public void activationAvailable(
      SameDiff sd, At at, MultiDataSet batch, SameDiffOp op, String name, INDArray activation) {
    Average average = batch == null ? null : byMoment.get(name);
    if (average == null) {
      return;
    }
    double check = activation.sumNumber().doubleValue();
    if (Double.isNaN(check) || Double.isInfinite(check)) {
      throw PruningException.nonFinite(
          "batch norm", average.op(), "batch statistics", at.iteration());
    }
    INDArray running = average.running();
    running.muli(average.decay()).addi(activation.mul(1 - average.decay()));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RunningAverages;
  }

  @Override
  public int hashCode() {
    return RunningAverages.class.hashCode();
  }
}
