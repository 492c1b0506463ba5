package org.samediff.pruning.channels;

/** {@code identity_n}: each output is its input. */
final class IdentitiesRule implements ChannelRule {
  @Override
  public void apply(RuleContext op) {
    for (int i = 0; i < op.outputs(); i++) {
      op.out(i, op.raw(i).computed(op.dead(i)));
    }
  }
}
