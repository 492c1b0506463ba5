package examples;

import java.nio.file.Path;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;

/**
 * A training script that was there before, with three lines added, marked 1 to 3.
 *
 * <p>Arguments: file to write (slim.fb), training images (2000), epochs (3).
 */
public final class ThreeLines {
  private ThreeLines() {}

  public static void main(String[] args) throws Exception {
    Path file = Path.of(args.length > 0 ? args[0] : "slim.fb");
    int images = args.length > 1 ? Integer.parseInt(args[1]) : 2000;
    int epochs = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    DataSetIterator train =
        ImageIterator.shuffled(FashionMnist.bundled().train().first(images), 32, 1);
    SameDiff sd = network();

    PrunedGraph pruned = // 1
        PruningTransform.builder().macsTarget(0.5).epochs(epochs).build().apply(sd);
    pruned.graph().fit(train, epochs, pruned.listener()); // 2; it was sd.fit(train, epochs)
    CompactedGraph slim = pruned.compact(); // 3

    slim.save(file); // it was sd.save(file.toFile(), false)
    System.out.print(slim.report());
  }

  private static SameDiff network() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 1, 28, 28);
    SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 10);
    Conv2DConfig config = Conv2DConfig.builder().kH(5).kW(5).sH(2).sW(2).dataFormat("NCHW").build();
    SDVariable w1 = sd.var("w1", Nd4j.randn(DataType.FLOAT, 5, 5, 1, 16).muli(0.2));
    SDVariable w2 = sd.var("w2", Nd4j.randn(DataType.FLOAT, 5, 5, 16, 32).muli(0.07));
    SDVariable w3 = sd.var("w3", Nd4j.randn(DataType.FLOAT, 32, 10).muli(0.2));
    SDVariable h = sd.nn().relu(sd.cnn().conv2d("conv1", x, w1, config), 0);
    h = sd.nn().relu(sd.cnn().conv2d("conv2", h, w2, config), 0);
    SDVariable logits = h.mean(2, 3).mmul("logits", w3);
    sd.loss().softmaxCrossEntropy("loss", y, logits, null);
    sd.setLossVariables("loss");
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.05, 0.9))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    return sd;
  }
}
