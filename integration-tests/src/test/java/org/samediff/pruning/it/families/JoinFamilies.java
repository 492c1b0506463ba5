package org.samediff.pruning.it.families;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;

/** Networks whose paths part and meet: adds, concats, splits, gates, shared weights. */
final class JoinFamilies {
  private JoinFamilies() {}

  static List<Family> all() {
    return List.of(
        Family.of(
            "residual with identity and projection",
            JoinFamilies::residual,
            """
            8 stem a2
            8 a1
            8 b1
            6 b3 b2
            """),
        Family.of(
            "half a split",
            JoinFamilies::halfSplit,
            """
            4 c1 c2
            6 c3
            """),
        Family.of(
            "half a slice",
            JoinFamilies::halfSlice,
            """
            4 c1 c2
            4 c1
            6 c3
            """),
        Family.of(
            "concat, then an add",
            JoinFamilies::concatAdd,
            """
            4 a c
            4 b c
            6 d
            """),
        Family.of(
            "DenseNet",
            JoinFamilies::denseNet,
            """
            6 stem
            4 d0
            4 d1
            4 d2
            6 transition
            """),
        Family.of(
            "C2f (YOLO)",
            JoinFamilies::c2f,
            """
            4 cv1 m1b m2b
            4 m1a
            4 m2a
            6 cv2
            """),
        Family.of(
            "Inception",
            JoinFamilies::inception,
            """
            6 stem
            4 one
            4 three_r
            3 five_r
            4 pool_p
            6 three
            4 five
            6 end
            """),
        Family.of(
            "SqueezeNet fire",
            JoinFamilies::fire,
            """
            8 stem
            4 squeeze
            6 expand1
            6 expand3
            5 last
            """),
        Family.of(
            "U-Net",
            JoinFamilies::uNet,
            """
            6 e1
            8 e2
            10 e3
            8 u2
            8 d2
            6 d1
            end: mean_sqerr_loss "loss" has no channel rule, so the channels that reach it are kept
            """),
        Family.of(
            "HRNet fusion",
            JoinFamilies::hrNet,
            """
            4 high up
            6 low down
            5 low2
            5 high2
            6 end
            """),
        Family.of(
            "shared convolution",
            JoinFamilies::shared,
            """
            6 stem once twice
            5 end
            """),
        Family.of(
            "maxout",
            JoinFamilies::maxout,
            """
            6 p q
            6 end
            gate: multiply "multiply" spreads its one channel over others
            """),
        Family.of(
            "two inputs, two outputs",
            JoinFamilies::twoInTwoOut,
            """
            6 left right
            8 both
            5 side
            map: mean_sqerr_loss "loss" has no channel rule, so the channels that reach it are kept
            """),
        Family.of(
            "dead branch",
            JoinFamilies::deadBranch,
            """
            6 stem
            6 dead1
            6 alive
            dead2: "relu_2" is an output of the graph
            """));
  }

  private static void residual(Sketch s) {
    Feature stem = s.block("stem", s.input(), 8, 3);
    Feature a = s.relu(s.add(s.norm("a2_n", s.conv("a2", s.block("a1", stem, 8, 3), 8, 3)), stem));
    Feature b = s.norm("b2_n", s.conv("b2", s.block("b1", a, 8, 3, 2), 6, 3));
    s.classify(s.relu(s.add(b, s.norm("b3_n", s.conv("b3", a, 6, 1, 2)))));
  }

  /** One half of c1 is added to c2, the other goes on: a split cuts the same of both. */
  private static void halfSplit(Sketch s) {
    Feature x = s.input();
    Feature[] halves = s.split(s.block("c1", x, 8, 3), 2);
    Feature sum = s.add(halves[0], s.block("c2", x, 4, 3));
    s.classify(s.block("c3", s.concat(halves[1], sum), 6, 3));
  }

  /** The same by slices, which lose what they like. */
  private static void halfSlice(Sketch s) {
    Feature x = s.input();
    Feature c1 = s.block("c1", x, 8, 3);
    Feature sum = s.add(s.slice(c1, 0, 4), s.block("c2", x, 4, 3));
    s.classify(s.block("c3", s.concat(s.slice(c1, 4, 8), sum), 6, 3));
  }

  private static void concatAdd(Sketch s) {
    Feature x = s.input();
    Feature both = s.concat(s.block("a", x, 4, 3), s.block("b", x, 4, 3));
    s.classify(s.block("d", s.add(both, s.block("c", x, 8, 3)), 6, 3));
  }

  private static void denseNet(Sketch s) {
    Feature h = s.conv("stem", s.input(), 6, 3);
    for (int i = 0; i < 3; i++) {
      Feature grown = s.conv("d" + i, s.relu(s.norm("d" + i + "_n", h)), 4, 3);
      h = s.concat(h, grown);
    }
    s.classify(s.block("transition", h, 6, 1));
  }

  private static void c2f(Sketch s) {
    Feature h = s.swish(s.norm("cv1_n", s.conv("cv1", s.input(), 8, 1)));
    Feature[] halves = s.split(h, 2);
    Feature m1 = s.bottleneck("m1", halves[1]);
    Feature m2 = s.bottleneck("m2", m1);
    s.classify(s.block("cv2", s.concat(halves[0], halves[1], m1, m2), 6, 1));
  }

  private static void inception(Sketch s) {
    Feature x = s.block("stem", s.input(), 6, 3);
    Feature one = s.block("one", x, 4, 1);
    Feature three = s.block("three", s.block("three_r", x, 4, 1), 6, 3);
    Feature five = s.block("five", s.block("five_r", x, 3, 1), 4, 5);
    Feature pool = s.block("pool_p", s.average(x), 4, 1);
    s.classify(s.block("end", s.concat(one, three, five, pool), 6, 3));
  }

  private static void fire(Sketch s) {
    Feature squeeze = s.relu(s.conv("squeeze", s.relu(s.conv("stem", s.input(), 8, 3, 2)), 4, 1));
    Feature expand1 = s.relu(s.conv("expand1", squeeze, 6, 1));
    Feature expand3 = s.relu(s.conv("expand3", squeeze, 6, 3));
    s.classify(s.conv("last", s.concat(expand1, expand3), 5, 1));
  }

  private static void uNet(Sketch s) {
    Feature e1 = s.block("e1", s.input(), 6, 3);
    Feature e2 = s.block("e2", s.pool(e1), 8, 3);
    Feature e3 = s.block("e3", s.pool(e2), 10, 3);
    Feature d2 = s.block("d2", s.concat(s.deconv("u2", e3, 8), e2), 8, 3);
    Feature d1 = s.block("d1", s.concat(s.upsample(d2), e1), 6, 3);
    s.regress("", s.conv("end", d1, 2, 1));
  }

  private static void hrNet(Sketch s) {
    Feature x = s.input();
    Feature high = s.block("high", x, 4, 3);
    Feature low = s.block("low", x, 6, 3, 2);
    Feature up = s.upsample(s.norm("up_n", s.conv("up", low, 4, 1)));
    Feature down = s.norm("down_n", s.conv("down", high, 6, 3, 2));
    Feature high2 = s.relu(s.add(high, up));
    Feature low2 = s.relu(s.add(low, down));
    Feature end = s.concat(s.block("high2", high2, 5, 3), s.upsample(s.block("low2", low2, 5, 3)));
    s.classify(s.block("end", end, 6, 1));
  }

  /** The same weights behind two convolutions. */
  private static void shared(Sketch s) {
    Feature x = s.block("stem", s.input(), 6, 3);
    SDVariable w = s.weight("W", 9 * 6, 3, 3, 6, 6);
    SDVariable b = s.shift("b", 6);
    Feature once = s.relu(s.conv("once", x, w, b, 6, 1));
    Feature twice = s.relu(s.conv("twice", once, w, b, 6, 1));
    s.classify(s.conv("end", twice, 5, 3));
  }

  private static void maxout(Sketch s) {
    Feature x = s.input();
    Feature h = s.max(s.conv("p", x, 6, 3), s.conv("q", x, 6, 3));
    Feature gate = s.sigmoid(s.conv("gate", x, 1, 3));
    s.classify(s.block("end", s.mul(h, gate), 6, 3));
  }

  private static void twoInTwoOut(Sketch s) {
    Feature left = s.block("left", s.input("x1", 3, 8, 8), 6, 3);
    Feature right = s.block("right", s.input("x2", 2, 8, 8), 6, 3);
    Feature both = s.block("both", s.add(left, right), 8, 3);
    s.regress("", s.conv("map", both, 2, 1));
    s.classifyFeatures("2", s.pooled(s.block("side", both, 5, 3)));
  }

  /** A branch that no loss reads is an output like others: its last channels stay. */
  private static void deadBranch(Sketch s) {
    Feature x = s.block("stem", s.input(), 6, 3);
    s.relu(s.conv("dead2", s.block("dead1", x, 6, 3), 4, 3));
    s.classify(s.block("alive", x, 6, 3));
  }
}
