package org.samediff.pruning.it.families;

import java.util.List;

/** Depthwise, separable and grouped convolutions, shuffles and gates. */
final class MobileFamilies {
  private MobileFamilies() {}

  static List<Family> all() {
    return List.of(
        Family.of(
            "MobileNet inverted residual",
            MobileFamilies::invertedResidual,
            """
            6 stem project
            12 expand
            8 end
            """),
        Family.of(
            "depthwise with a multiplier",
            MobileFamilies::multiplier,
            """
            6 stem
            8 point
            """),
        Family.of(
            "MobileNetV3 with hard swish and a gate",
            MobileFamilies::mobileNetV3,
            """
            8 expand
            6 project
            """),
        Family.of(
            "Xception",
            MobileFamilies::xception,
            """
            4 stem
            6 s1
            8 skip s2
            s1: sconv2d "s2" cannot be run on one channel, so its first two stay
            stem: sconv2d "s1" cannot be run on one channel, so its first two stay
            """),
        Family.of(
            "ResNeXt",
            MobileFamilies::resNeXt,
            """
            6 stem restore
            4 reduce
            4 group0
            4 group1
            """),
        Family.of(
            "ShuffleNet unit",
            MobileFamilies::shuffleNet,
            """
            4 stem r3
            4 r1
            6 end
            """),
        Family.of(
            "channel shuffle of a grouped convolution",
            MobileFamilies::groupShuffle,
            """
            4 stem
            2 g0 g1
            3 h0
            3 h1
            """),
        Family.of(
            "SE gate with dense layers",
            MobileFamilies::squeezeExcite,
            """
            8 c1
            6 end
            """),
        Family.of(
            "SE gate with 1x1 convolutions",
            MobileFamilies::squeezeConv,
            """
            8 c1 excite
            4 squeeze
            6 end
            """),
        Family.of(
            "gate with one channel",
            MobileFamilies::oneChannelGate,
            """
            8 c1
            6 end
            gate: multiply "multiply" spreads its one channel over others
            """));
  }

  private static void invertedResidual(Sketch s) {
    Feature x = s.norm("stem_n", s.conv("stem", s.input(), 6, 3));
    Feature h = s.block("expand", x, 12, 1);
    h = s.relu(s.norm("depth_n", s.depthwise("depth", h, 3, 1, 1)));
    h = s.add(s.norm("project_n", s.conv("project", h, 6, 1)), x);
    s.classify(s.block("end", h, 8, 1));
  }

  private static void multiplier(Sketch s) {
    Feature h = s.block("stem", s.input(), 6, 3);
    h = s.relu(s.norm("depth_n", s.depthwise("depth", h, 3, 2, 2)));
    s.classify(s.block("point", h, 8, 1));
  }

  private static void mobileNetV3(Sketch s) {
    Feature h = s.hardSwish(s.norm("expand_n", s.conv("expand", s.input(), 8, 1)));
    h = s.hardSwish(s.norm("depth_n", s.depthwise("depth", h, 3, 1, 1)));
    h = s.gated(h, 4);
    s.classify(s.hardSwish(s.norm("project_n", s.conv("project", h, 6, 1))));
  }

  private static void xception(Sketch s) {
    Feature x = s.block("stem", s.input(), 6, 3);
    Feature h = s.relu(s.norm("s1_n", s.separable("s1", x, 8, 3)));
    h = s.norm("s2_n", s.separable("s2", h, 8, 3));
    s.classify(s.relu(s.add(h, s.norm("skip_n", s.conv("skip", x, 8, 1)))));
  }

  private static void resNeXt(Sketch s) {
    Feature x = s.block("stem", s.input(), 6, 3);
    Feature h = s.block("reduce", x, 8, 1);
    h = s.relu(s.norm("group_n", s.grouped("group", h, 8, 3, 2)));
    h = s.norm("restore_n", s.conv("restore", h, 6, 1));
    s.classify(s.relu(s.add(h, x)));
  }

  private static void shuffleNet(Sketch s) {
    Feature[] halves = s.split(s.block("stem", s.input(), 8, 3), 2);
    Feature h = s.block("r1", halves[1], 4, 1);
    h = s.norm("r2_n", s.depthwise("r2", h, 3, 1, 1));
    h = s.block("r3", h, 4, 1);
    s.classify(s.block("end", s.shuffle(s.concat(halves[0], h), 2), 6, 1));
  }

  private static void groupShuffle(Sketch s) {
    Feature h = s.relu(s.norm("g_n", s.grouped("g", s.block("stem", s.input(), 8, 3), 8, 1, 2)));
    s.classify(s.relu(s.grouped("h", s.shuffle(h, 2), 6, 1, 2)));
  }

  private static void squeezeExcite(Sketch s) {
    s.classify(s.block("end", s.gated(s.block("c1", s.input(), 8, 3), 4), 6, 3));
  }

  private static void squeezeConv(Sketch s) {
    Feature h = s.block("c1", s.input(), 8, 3);
    Feature gate = s.pixel(s.pooled(h), h);
    gate = s.relu(s.conv("squeeze", gate, 4, 1));
    gate = s.sigmoid(s.conv("excite", gate, 8, 1));
    s.classify(s.block("end", s.mul(h, gate), 6, 3));
  }

  /** The gate's channel spreads over the map's. */
  private static void oneChannelGate(Sketch s) {
    Feature h = s.block("c1", s.input(), 8, 3);
    s.classify(s.block("end", s.mul(h, s.sigmoid(s.conv("gate", h, 1, 1))), 6, 3));
  }
}
