package org.samediff.pruning.compaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.model.ModelFiles;
import org.samediff.pruning.rewrite.MaskPass;
import org.samediff.pruning.testing.Trunk;
import org.samediff.pruning.training.MaskSet;

/** A masked filter leaves a half behind the sigmoid; where its share of the sum behind goes. */
class DeadConstantsTest {
  private static final int FILTERS = 8;
  private static final int CUT = 3;

  @TempDir private Path directory;

  private final Trunk t = new Trunk();
  private final SDVariable half =
      t.sd.nn().sigmoid("half", t.conv("c1", t.x, 3, FILTERS)).mean("gap", false, 2, 3);

  private static SameDiff compact(SameDiff sd, String... outputs) {
    Map<String, INDArray> inputs = Probe.inputs(sd, 3, 1, List.of("y"));
    ChannelAnalysis analysis =
        ChannelAnalysis.of(GraphView.of(sd), Probe.shapes(sd, inputs), 3, List.of(outputs));
    boolean[][] kept = analysis.allKept();
    Arrays.fill(kept[0], 0, CUT, false);
    SameDiff masked = GraphCopy.of(sd);
    MaskSet masks = new MaskSet(masked, analysis, MaskPass.insert(masked, analysis));
    masks.set(kept);
    masks.scaleRedundant(0);
    Compactor.Result result = Compactor.compact(masked, analysis, kept, inputs, List.of(outputs));
    assertThat(result.inexact()).isEmpty();
    assertThat(result.graph().getVariable("c1_W").getShape()[3]).isEqualTo(FILTERS - CUT);
    return result.graph();
  }

  /** What the cut channels add to each column: half of the sum of their weights. */
  private static void assertShare(INDArray actual, INDArray before, INDArray weights) {
    for (int column = 0; column < weights.size(1); column++) {
      double share = before.getDouble(column);
      for (int row = 0; row < CUT; row++) {
        share += 0.5 * weights.getDouble(row, column);
      }
      assertThat(actual.getDouble(column)).isCloseTo(share, within(1e-12));
    }
  }

  @Test
  void intoTheVectorThatIsAddedBehind() {
    SameDiff sd = t.closeFeatures(half, FILTERS);

    SameDiff slim = compact(sd, "logits", "loss");

    assertThat(slim.getOps()).hasSameSizeAs(sd.getOps());
    assertShare(slim.getVariable("fc_b").getArr(), arr(sd, "fc_b"), arr(sd, "fc_W"));
  }

  @Test
  void behindTheProductWhereItsResultIsAnOutputItself() {
    SameDiff sd = t.closeFeatures(half, FILTERS);

    SameDiff slim = compact(sd, "fc", "logits");
    Path file = directory.resolve("slim.fb");
    ModelFiles.save(slim, file, false);

    assertThat(arr(slim, "fc_b")).isEqualTo(arr(sd, "fc_b"));
    assertShare(arr(slim, "fc/shift"), arr(sd, "fc_b").mul(0), arr(sd, "fc_W"));
    assertThat(GraphText.of(ModelFiles.load(file))).as("its file").isEqualTo(GraphText.of(slim));
  }

  /** SameDiff calls an op as its result is unless the result is named; files rely on it. */
  @Test
  void behindAProductThatIsCalledAsItsResultIs() {
    SDVariable product = half.mmul(t.var("W", FILTERS, 6));
    SameDiff sd = t.closeFeatures(t.relu("r", product), 6);
    assertThat(sd.getOps()).containsKey(product.name());

    SameDiff slim = compact(sd, "logits", "loss");
    Path file = directory.resolve("slim.fb");
    ModelFiles.save(slim, file, false);

    assertThat(slim.getOps()).containsKeys(product.name(), product.name() + "/unshifted");
    assertThat(GraphText.of(ModelFiles.load(file))).isEqualTo(GraphText.of(slim));
  }

  @Test
  void behindAProductThatNothingIsAddedTo() {
    SDVariable product = half.mmul("product", t.var("W", FILTERS, 6));
    SameDiff sd = t.closeFeatures(t.relu("r", product), 6);

    SameDiff slim = compact(sd, "logits", "loss");

    assertThat(slim.getOps()).hasSize(sd.getOps().size() + 1);
    assertShare(arr(slim, "product/shift"), Nd4j.zeros(DataType.DOUBLE, 6), arr(sd, "W"));
  }

  @Test
  void behindAProductWhoseBiasAnotherOpReads() {
    SDVariable shared = t.var("shared", 6);
    SDVariable product = half.mmul("product", t.var("W", FILTERS, 6)).add("sum", shared);
    SameDiff sd = t.closeFeatures(t.relu("r", product).add("again", shared), 6);

    SameDiff slim = compact(sd, "logits", "loss");

    assertThat(arr(slim, "shared")).isEqualTo(arr(sd, "shared"));
    assertShare(arr(slim, "product/shift"), Nd4j.zeros(DataType.DOUBLE, 6), arr(sd, "W"));
  }

  private static INDArray arr(SameDiff sd, String name) {
    return sd.getVariable(name).getArr();
  }
}
