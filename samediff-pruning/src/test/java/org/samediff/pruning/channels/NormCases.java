package org.samediff.pruning.channels;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.LocalResponseNormalizationConfig;
import org.samediff.pruning.layers.BatchNormalization;

/** Normalisations, reductions and pooling. */
final class NormCases {
  private NormCases() {}

  static List<OpCase> all() {
    List<OpCase> cases = new ArrayList<>();
    cases.add(
        OpCase.of(
                "batchnorm",
                n -> BatchNormalization.apply(n.sd, "n", n.in, OpNet.CHANNELS, n.axis(), 1e-3, 0.9))
            .dead(Dead.ZERO, Dead.ZERO)
            .groups(
                "8 [c1] [c1_W[3], c1_b[0], end_W[2], n/beta[0], n/gamma[0], n/mean[0], n/var[0]]"));
    cases.add(
        OpCase.of("batchnorm, frozen", NormCases::frozen)
            .dead(Dead.VARYING, Dead.VARYING)
            .refused("a cut channel is not constant there"));
    cases.add(
        OpCase.of(
                "layer_norm over space",
                n -> n.sd.nn().layerNorm(n.in, n.var("g", 8), n.var("b", 8), !n.nhwc, n.space()))
            .dead(Dead.ZERO, Dead.ZERO)
            .groups("8 [c1] [b[0], c1_W[3], c1_b[0], end_W[2], g[0]]"));
    cases.add(
        OpCase.of(
                "layer_norm over channels",
                n -> n.sd.nn().layerNorm(n.in, n.var("g", 8), !n.nhwc, n.axis()))
            .refused("the statistics depend on how many there are"));
    cases.add(
        OpCase.of("standardize over space", n -> n.sd.math().standardize(n.in, n.space()))
            .dead(Dead.ZERO, Dead.ZERO));
    cases.add(
        OpCase.of("standardize over channels", n -> n.sd.math().standardize(n.in, n.axis()))
            .refused("the statistics depend on how many there are"));
    cases.add(OpCase.of("lrn", NormCases::lrn).refused("a cut brings others there"));
    cases.add(
        OpCase.of("softmax over space", n -> n.sd.nn().softmax(n.in, n.space()[1]))
            .dead(Dead.UNIFORM, Dead.UNIFORM));
    cases.add(
        OpCase.of("softmax over channels", n -> n.sd.nn().softmax(n.in, n.axis()))
            .refused("a cut channel is in the denominator"));
    cases.add(
        OpCase.of("log_softmax over channels", n -> n.sd.nn().logSoftmax(n.pooled()))
            .maps(1, i -> i)
            .refused("a cut channel is in the denominator"));
    return cases;
  }

  private static SDVariable frozen(OpNet n) {
    return n.sd
        .nn()
        .batchNorm(
            n.in,
            n.positive("mean", 8),
            n.positive("variance", 8),
            n.positive("gamma", 8),
            n.positive("beta", 8),
            1e-3,
            n.axis());
  }

  private static SDVariable lrn(OpNet n) {
    return n.sd
        .cnn()
        .localResponseNormalization(
            n.in,
            LocalResponseNormalizationConfig.builder()
                .alpha(0.1)
                .beta(0.75)
                .bias(1)
                .depth(2)
                .build());
  }
}
