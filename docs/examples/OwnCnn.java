package examples;

import java.nio.file.Path;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.weightinit.impl.ReluInitScheme;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.layers.BatchNormalization;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;

/**
 * A CNN of one's own, from nothing to a slim file: built, trained, pruned while it trains on, and
 * compared.
 *
 * <p>Arguments: file to write (slim.fb), training images (8000), epochs of dense training (2),
 * epochs of pruning (2).
 */
public final class OwnCnn {
  private OwnCnn() {}

  public static void main(String[] args) throws Exception {
    Path file = Path.of(args.length > 0 ? args[0] : "slim.fb");
    int images = args.length > 1 ? Integer.parseInt(args[1]) : 8000;
    int denseEpochs = args.length > 2 ? Integer.parseInt(args[2]) : 2;
    int epochs = args.length > 3 ? Integer.parseInt(args[3]) : 2;
    FashionMnist data = FashionMnist.bundled();
    ImageIterator train = ImageIterator.shuffled(data.train().first(images), 32, 1);
    ImageIterator test = ImageIterator.ordered(data.test(), 100);

    SameDiff sd = network();
    sd.fit(train, denseEpochs);
    System.out.printf("dense:     %.3f%n", accuracy(sd, test));

    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).epochs(epochs).build().apply(sd);
    pruned.keptLayers().forEach((layer, reason) -> System.out.println("kept " + layer + ": " + reason));
    pruned.graph().fit(train, epochs, pruned.listener());

    CompactedGraph slim = pruned.compact();
    System.out.printf("masked:    %.3f%n", accuracy(pruned.maskedGraph(), test));
    System.out.printf("compacted: %.3f%n", accuracy(slim.graph(), test));
    System.out.print(slim.report());
    slim.save(file);

    SameDiff loaded = SameDiff.load(file.toFile(), false);
    test.reset();
    INDArray image = test.next().getFeatures();
    INDArray scores = loaded.output(Map.of("image", image), "logits").get("logits");
    System.out.println("loaded:    scores of shape " + scores.shapeInfoToString().split("\n")[0]);
  }

  private static double accuracy(SameDiff sd, ImageIterator test) {
    Evaluation evaluation = new Evaluation();
    sd.evaluate(test, "logits", evaluation);
    return evaluation.accuracy();
  }

  /** Two blocks of convolution, batch norm, relu and pooling; a dense layer; softmax. */
  private static SameDiff network() {
    Nd4j.getRandom().setSeed(1);
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("image", DataType.FLOAT, -1, 1, 28, 28);
    SDVariable h = block(sd, "block1", x, 1, 32);
    h = block(sd, "block2", h, 32, 64);
    SDVariable w = sd.var("dense_W", new ReluInitScheme('c', 64), DataType.FLOAT, 64, 10);
    SDVariable b = sd.var("dense_b", Nd4j.zeros(DataType.FLOAT, 10));
    SDVariable logits = h.mean(2, 3).mmul(w).add("logits", b);
    SDVariable labels = sd.placeHolder("label", DataType.FLOAT, -1, 10);
    sd.loss().softmaxCrossEntropy("loss", labels, logits, null);
    sd.setLossVariables("loss");
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Adam(1e-3))
            .dataSetFeatureMapping("image")
            .dataSetLabelMapping("label")
            .build());
    return sd;
  }

  private static SDVariable block(SameDiff sd, String name, SDVariable x, int in, int filters) {
    Conv2DConfig convolution =
        Conv2DConfig.builder().kH(3).kW(3).paddingMode(PaddingMode.SAME).dataFormat("NCHW").build();
    Pooling2DConfig pool =
        Pooling2DConfig.builder()
            .kH(2)
            .kW(2)
            .sH(2)
            .sW(2)
            .paddingMode(PaddingMode.VALID)
            .isNHWC(false)
            .build();
    SDVariable w =
        sd.var(name + "_W", new ReluInitScheme('c', 9L * in), DataType.FLOAT, 3, 3, in, filters);
    SDVariable h = sd.cnn().conv2d(name, x, w, convolution);
    h = BatchNormalization.apply(sd, name + "_bn", h, filters);
    return sd.cnn().maxPooling2d(sd.nn().relu(h, 0), pool);
  }
}
