package org.samediff.pruning.channels;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The table of contents: ND4J op name to rule. An op that is not in it is opaque. */
final class ChannelRules {
  private static final ChannelRule OPAQUE =
      op -> op.opaque("has no channel rule, so the channels that reach it are kept");

  private static final Map<String, ChannelRule> RULES = new HashMap<>();

  static {
    add(new ConvolutionRule(), "conv2d");
    add(new MatrixProductRule(), "matmul");
    add(new BiasAddRule(), "biasadd");
    add(new BatchNormRule(), "batchnorm");
    add(new ReductionRule(), ReductionRule.OPS);
    add(new PoolingRule(), "maxpool2d", "avgpool2d", "pnormpool2d", "maxpool", "avgpool");
    add(new ReshapeRule(), "reshape", "flatten_2d", "expand_dims", "squeeze");
    add(new PermuteRule(), "permute", "transpose");
    add(new ConcatRule(), "concat");
    add(new BinaryRule(), BinaryRule.OPS);
    add(op -> op.carry(op.in(0).zero()), Activations.ZERO_PRESERVING);
    add(op -> op.carry(op.in(0).zero()), UnaryRule.ZERO_PRESERVING);
    add(op -> op.carry(false), UnaryRule.ZERO_MOVING);
    add(new ScalarRule(), ScalarRule.OPS);
    add(new IdentitiesRule(), "identity_n");
    add(op -> op.out(0, AxisMap.untracked(op.outShape(0).length)), List.of("shape_of", "rank"));
  }

  private ChannelRules() {}

  static ChannelRule of(String opType) {
    return RULES.getOrDefault(opType, OPAQUE);
  }

  private static void add(ChannelRule rule, String... ops) {
    add(rule, List.of(ops));
  }

  private static void add(ChannelRule rule, Iterable<String> ops) {
    ops.forEach(op -> RULES.put(op, rule));
  }
}
