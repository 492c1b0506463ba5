package org.samediff.pruning.channels;

/**
 * What one kind of op does to channels: which output indices carry which input channels, which
 * channels it ties together, which it mixes, and whether a cut channel stays zero behind it.
 * Stateless; one small class per kind, all listed in {@link ChannelRules}.
 */
interface ChannelRule {
  /** Describes the op to the analysis; must call {@code op.out} for each output it tracks. */
  void apply(RuleContext op);
}
