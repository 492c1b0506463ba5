package org.samediff.pruning.channels;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.samediff.pruning.channels.ConvolutionRule.Layout;

/** The table of contents: ND4J op name to rule. An op that is not in it is opaque. */
final class ChannelRules {
  private static final ChannelRule OPAQUE =
      op -> op.opaque("has no channel rule, so the channels that reach it are kept");

  private static final Map<String, ChannelRule> RULES = new TreeMap<>();

  static {
    add(new ConvolutionRule(Layout::conv1d), "conv1d");
    add(new ConvolutionRule(Layout::conv2d), "conv2d");
    add(new ConvolutionRule(Layout::conv3d), "conv3dnew");
    add(new ConvolutionRule(Layout::deconv2d), "deconv2d");
    add(new ConvolutionRule(Layout::deconv3d), "deconv3d");
    add(new DepthwiseRule(), "depthwise_conv2d");
    add(new SeparableRule(), "sconv2d");
    add(new MatrixProductRule(), "matmul", "xw_plus_b");
    add(new BiasAddRule(), "biasadd");
    add(new BatchNormRule(), "batchnorm");
    add(new NormalizationRule(), "layer_norm", "standardize");
    add(new LocalResponseRule(), "lrn");
    add(new SoftmaxRule(), "softmax", "log_softmax");
    add(new ReductionRule(), ReductionRule.OPS);
    add(new PoolingRule(), PoolingRule.OPS);
    add(new ReshapeRule(), "reshape", "flatten_2d", "expand_dims", "squeeze");
    add(new PermuteRule(), "permute", "transpose");
    add(new ConcatRule(), "concat");
    add(new SplitRule(), "split", "split_v");
    add(new StackRule(), "stack", "unstack");
    add(new SliceRule(), "slice");
    add(new StridedSliceRule(), "strided_slice");
    add(new GatherRule(), "gather");
    add(new ReverseRule(), "reverse");
    add(new PadRule(), "pad");
    add(new TileRule(), "tile", "broadcast_to");
    add(new BlockRule(), "space_to_depth", "depth_to_space");
    add(new BinaryRule(), BinaryRule.OPS);
    add(new MergeRule(), "mergeadd", "mergesum", "mergemax", "mergeavg");
    add(op -> op.carry(op.dead(0)), Activations.ZERO_PRESERVING);
    add(op -> op.carry(op.dead(0)), ElementwiseOps.ZERO_PRESERVING);
    add(op -> op.carry(op.dead(0).moved()), ElementwiseOps.ZERO_MOVING);
    add(
        op -> op.carry(op.dead(0) == Dead.UNIFORM ? Dead.UNIFORM : Dead.VARYING),
        ElementwiseOps.UNDEFINED_AT_ZERO);
    add(op -> op.carry(op.dead(0).uneven()), ElementwiseOps.RANDOM);
    add(new ScalarRule(), ScalarRule.OPS);
    add(new TwofoldReluRule(), "crelu");
    add(new IdentitiesRule(), "identity_n");
    add(ShapeRules::shapeOf, "shape_of");
    add(ShapeRules::draw, ShapeRules.DRAWS);
    add(op -> op.out(0, AxisMap.untracked(0)), "rank");
  }

  private ChannelRules() {}

  /** ND4J's names of the ops that have a rule. */
  static Set<String> ops() {
    return Collections.unmodifiableSet(RULES.keySet());
  }

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
