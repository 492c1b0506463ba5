package org.samediff.pruning.channels;

/**
 * {@code batchnorm}: x, mean, variance, gamma, beta, the last two optional, each a vector over the
 * channels. A masked unit's gamma and beta are zero, so that its channel is, whatever the mean;
 * with a gamma that is not trained a cut channel is one thing in inference and another in training.
 */
final class BatchNormRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    AxisMap x = op.in(0);
    int axis = op.iArgs() > 2 ? Math.floorMod((int) op.iArg(2), x.rank()) : x.rank() - 1;
    boolean hasGamma = op.iArg(0) != 0;
    boolean hasBeta = op.iArg(1) != 0;
    for (int i = 1; i < op.inputs(); i++) {
      op.tie(x.axes()[axis], op.in(i).axes()[0]);
    }
    Dead beta = hasBeta ? op.dead(hasGamma ? 4 : 3) : Dead.ZERO;
    boolean gone = hasGamma && op.dead(3) == Dead.ZERO;
    op.out(0, x.computed(gone ? beta : Dead.VARYING));
  }
}
