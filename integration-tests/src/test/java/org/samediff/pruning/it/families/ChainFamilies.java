package org.samediff.pruning.it.families;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;

/** Plain chains: heads, norms, activations, one and three dimensions, decoders. */
final class ChainFamilies {
  private ChainFamilies() {}

  static List<Family> all() {
    return List.of(
        Family.of(
            "VGG: flatten, dense",
            ChainFamilies::vgg,
            """
            8 c1
            6 c2
            """),
        Family.of(
            "global pooling, dense",
            ChainFamilies::pooledDense,
            """
            8 c1
            6 c2
            """),
        Family.of(
            "dense layers with either side transposed",
            ChainFamilies::transposed,
            """
            8 c1
            6 c2
            """),
        Family.of(
            "group norm",
            ChainFamilies::groupNorm,
            """
            4 c1
            6 end
            """),
        Family.of(
            "group norm of single channels",
            s -> groupNorm(s, 8),
            """
            8 c1
            6 end
            """),
        Family.of(
            "layer norm over channels",
            ChainFamilies::layerNorm,
            """
            6 end
            c1: layer_norm "layer_norm" normalises over it, and the statistics depend on how many there are
            """),
        Family.of(
            "instance norm",
            ChainFamilies::instanceNorm,
            """
            8 c1
            6 end
            """),
        Family.of(
            "batch norm from moments",
            ChainFamilies::moments,
            """
            8 c1
            6 end
            """),
        Family.of(
            "frozen batch norm",
            ChainFamilies::frozen,
            """
            8 c1
            6 end
            """),
        Family.of(
            "PReLU",
            ChainFamilies::prelu,
            """
            8 c1
            6 end
            """),
        Family.of(
            "sigmoid before a convolution without padding",
            ChainFamilies::sigmoid,
            """
            8 c1
            6 end
            """),
        Family.of(
            "sigmoid before a convolution with padding",
            s -> sigmoid(s, 3),
            """
            6 end
            c1: conv2d "end" pads it with zeros, and a cut channel is a constant there, not zero
            """),
        Family.of(
            "space-to-depth stem",
            ChainFamilies::spaceToDepth,
            """
            6 c1
            6 end
            """),
        Family.of(
            "pixel shuffle",
            ChainFamilies::pixelShuffle,
            """
            4 c1
            end: mean_sqerr_loss "loss" has no channel rule, so the channels that reach it are kept
            """),
        Family.of(
            "deconvolution decoder",
            ChainFamilies::decoder,
            """
            8 c1
            6 d1
            end: mean_sqerr_loss "loss" has no channel rule, so the channels that reach it are kept
            """),
        Family.of(
            "1-D",
            s -> plain(s, s.input("x", 3, 12)),
            """
            8 c1
            6 c2
            """),
        Family.of(
            "3-D",
            s -> plain(s, s.input("x", 2, 4, 4, 4)),
            """
            8 c1
            6 c2
            """));
  }

  private static void vgg(Sketch s) {
    Feature h = s.pool(s.relu(s.conv("c1", s.input(), 8, 3)));
    h = s.pool(s.relu(s.conv("c2", h, 6, 3)));
    s.classifyFeatures("", s.relu(s.dense("fc1", s.flat(h), 10)));
  }

  private static void pooledDense(Sketch s) {
    Feature h = s.block("c2", s.block("c1", s.input(), 8, 3), 6, 3);
    s.classifyFeatures("", s.relu(s.dense("fc1", s.pooled(h), 10)));
  }

  private static void transposed(Sketch s) {
    Feature h = s.pooled(s.block("c1", s.input(), 8, 3));
    Feature k = s.pooled(s.block("c2", s.input("x2", 2, 8, 8), 6, 3));
    SDVariable w1 = s.weight("w1", 8, 5, 8);
    SDVariable w2 = s.weight("w2", 6, 5, 6);
    SDVariable right = s.sd.mmul(h.v(), w1, false, true, false);
    SDVariable left = new Mmul(s.sd, w2, k.v(), false, true, false).outputVariable();
    s.classifyFeatures("", s.relu(new Feature(right.add(s.sd.permute(left, 1, 0)), 5)));
  }

  private static void groupNorm(Sketch s) {
    groupNorm(s, 4);
  }

  private static void groupNorm(Sketch s, int groups) {
    Feature h = s.relu(s.groupNorm("n", s.conv("c1", s.input(), 8, 3), groups));
    s.classify(s.conv("end", h, 6, 3));
  }

  private static void layerNorm(Sketch s) {
    Feature h = s.relu(s.layerNorm("n", s.conv("c1", s.input(), 8, 3)));
    s.classify(s.conv("end", h, 6, 3));
  }

  private static void instanceNorm(Sketch s) {
    Feature h = s.relu(s.instanceNorm("n", s.conv("c1", s.input(), 8, 3)));
    s.classify(s.conv("end", h, 6, 3));
  }

  private static void moments(Sketch s) {
    Feature h = s.relu(s.momentsNorm("n", s.conv("c1", s.input(), 8, 3)));
    s.classify(s.conv("end", h, 6, 3));
  }

  private static void frozen(Sketch s) {
    Feature h = s.relu(s.frozenNorm("n", s.conv("c1", s.input(), 8, 3)));
    s.classify(s.conv("end", h, 6, 1));
  }

  private static void prelu(Sketch s) {
    Feature h = s.prelu("p", s.conv("c1", s.input(), 8, 3));
    s.classify(s.block("end", h, 6, 3));
  }

  private static void sigmoid(Sketch s) {
    sigmoid(s, 1);
  }

  private static void sigmoid(Sketch s, int k) {
    Feature h = s.sigmoid(s.conv("c1", s.input(), 8, 3));
    s.classify(s.relu(s.conv("end", h, 6, k)));
  }

  private static void spaceToDepth(Sketch s) {
    Feature h = s.block("c1", s.input(), 6, 3);
    s.classify(s.block("end", s.spaceToDepth(h), 6, 3));
  }

  private static void pixelShuffle(Sketch s) {
    Feature h = s.depthToSpace(s.relu(s.conv("c1", s.input(), 16, 3)));
    s.regress("", s.conv("end", h, 2, 3));
  }

  private static void decoder(Sketch s) {
    Feature h = s.block("c1", s.input(), 8, 3, 2);
    h = s.relu(s.norm("d1_n", s.deconv("d1", h, 6)));
    s.regress("", s.conv("end", h, 2, 3));
  }

  private static void plain(Sketch s, Feature x) {
    Feature h = s.relu(s.conv("c1", x, 8, 3));
    s.classify(s.relu(s.conv("c2", h, 6, 3)));
  }
}
