package org.samediff.pruning.ops;

import java.util.Arrays;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The derivative of batch norm in ordinary ops, for double: the native {@code batchnorm_bp} holds
 * epsilon and one over the number of values in float32 whatever the data type, and is wrong in the
 * eighth digit.
 *
 * <p>Source: Ioffe and Szegedy, Batch Normalization, 2015, section 3.
 */
final class BatchNormGradient {
  private BatchNormGradient() {}

  /**
   * The gradients of x, mean, variance, gamma and beta; the mean's and the variance's, statistics
   * of this batch, are in x's, and zero themselves.
   *
   * @param args x, mean, variance, gamma, beta; all but x {@code [C]}
   * @param over all axes of x but the channels'
   */
  static List<SDVariable> of(
      SDVariable[] args, SDVariable gradient, double epsilon, int axis, int[] over) {
    SameDiff sd = gradient.getSameDiff();
    long[] row = new long[over.length + 1];
    Arrays.fill(row, 1);
    row[axis] = -1;
    SDVariable inverse = sd.reshape(sd.math().rsqrt(args[2].add(epsilon)), row);
    SDVariable normal = args[0].sub(sd.reshape(args[1], row)).mul(inverse);
    SDVariable weighted = gradient.mul(normal);
    SDVariable centred =
        gradient.sub(gradient.mean(true, over)).sub(normal.mul(weighted.mean(true, over)));
    return List.of(
        centred.mul(inverse.mul(sd.reshape(args[3], row))),
        sd.zerosLike(args[1]),
        sd.zerosLike(args[2]),
        weighted.sum(over),
        gradient.sum(over));
  }
}
