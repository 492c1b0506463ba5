package org.samediff.pruning.channels;

/** {@code identity_n}: each output is the input of the same number. */
final class IdentitiesRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    for (int i = 0; i < op.inputs(); i++) {
      op.out(i, new AxisMap(op.in(i).axes(), op.in(i).zero(), false));
    }
  }
}
