package examples;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.zoo.catalogue.ZooModels;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.data.ImageSize;
import org.samediff.pruning.zoo.dl4j.ConversionOptions;
import org.samediff.pruning.zoo.dl4j.ConvertedNetwork;
import org.samediff.pruning.zoo.dl4j.Dl4jConverter;

/**
 * A network of the DL4J zoo on Fashion-MNIST: converted, trained, pruned to half of its
 * multiply-accumulates while it trains on, compacted, saved; all by {@code sd.fit}. Prints accuracy
 * dense, masked and compacted, sizes and latency, and last the same as one JSON object.
 *
 * <p>Arguments: {@code vgg16|resnet50}, then {@code images testImages denseEpochs pruningEpochs
 * batch learningRate}, and the file to write.
 */
public final class ZooTraining {
  private static final int CLASSES = 10;
  private static final long SEED = 1;
  private static final int WARM_UP_ROUNDS = 10;
  private static final int ROUNDS = 51;

  private ZooTraining() {}

  public static void main(String[] args) throws Exception {
    ZooModels model = ZooModels.named(args[0]);
    int side = model == ZooModels.VGG16 ? 32 : 136;
    int images = Integer.parseInt(args[1]);
    int testImages = Integer.parseInt(args[2]);
    int denseEpochs = Integer.parseInt(args[3]);
    int epochs = Integer.parseInt(args[4]);
    int batch = Integer.parseInt(args[5]);
    double learningRate = Double.parseDouble(args[6]);
    Path file = Path.of(args[7]);

    FashionMnist data = FashionMnist.bundled();
    ImageSize size = new ImageSize(3, side, side); // grey images are enlarged and repeated
    ImageIterator train = ImageIterator.shuffled(data.train().first(images), size, batch, SEED);
    ImageIterator test = ImageIterator.ordered(data.test().first(testImages), size, batch);
    ConvertedNetwork network = convert(model, side);
    SameDiff sd = network.graph();
    String scores = network.outputs().get(0);

    long start = System.nanoTime();
    int steps = denseEpochs * train.batchesPerEpoch();
    sd.setTrainingConfig(config(network, learningRate, steps));
    sd.fit(train, denseEpochs);
    double dense = accuracy(sd, test, scores);
    System.out.printf("dense %.4f after %.0f s%n", dense, (System.nanoTime() - start) / 1e9);

    sd.setTrainingConfig(config(network, learningRate / 2, epochs * train.batchesPerEpoch()));
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).epochs(epochs).build().apply(sd);
    pruned.graph().fit(train, epochs, pruned.listener());
    CompactedGraph slim = pruned.compact();
    slim.save(file);
    double minutes = (System.nanoTime() - start) / 60e9;

    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("name", "zoo-" + model.label());
    figures.put("train_images", images);
    figures.put("test_images", testImages);
    figures.put("dense_epochs", denseEpochs);
    figures.put("pruning_epochs", epochs);
    figures.put("batch", batch);
    figures.put("accuracy_dense", dense);
    figures.put("accuracy_masked", accuracy(pruned.maskedGraph(), test, scores));
    figures.put("accuracy_compacted", accuracy(slim.graph(), test, scores));
    figures.put("filters", List.of(slim.report().filtersBefore(), slim.report().filtersAfter()));
    figures.put(
        "params", List.of(slim.report().parametersBefore(), slim.report().parametersAfter()));
    figures.put("macs", List.of(slim.report().macsBefore(), slim.report().macsAfter()));
    figures.put("bytes", List.of(bytes(sd), Files.size(file)));
    figures.put("latency_ms", latency(network, slim, size));
    figures.put("max_rel_diff", slim.report().maxRelativeDifference());
    figures.put("minutes", minutes);
    figures.forEach((name, value) -> System.out.println(name + ": " + value));
    System.out.println(new ObjectMapper().writeValueAsString(figures));
  }

  /** The zoo's layers; weights after He, because the zoo's own learn slowly or overflow. */
  private static ConvertedNetwork convert(ZooModels model, int side) {
    ComputationGraph zoo = (ComputationGraph) model.build(CLASSES, side, SEED);
    String input = zoo.getConfiguration().getNetworkInputs().get(0);
    ConvertedNetwork network =
        Dl4jConverter.convert(
            zoo,
            ConversionOptions.defaults()
                .withTrainingConfig(false)
                .withDowngradesAllowed(true)
                .withInputShape(input, model.channels(), side, side));
    Nd4j.getRandom().setSeed(SEED);
    network
        .layers()
        .values()
        .forEach(
            names -> {
              INDArray w = network.graph().getVariable(names.get(0)).getArr();
              if (w.rank() >= 2) {
                double fanIn = (double) w.length() / w.size(w.rank() - 1); // [kH, kW, in, out]
                w.assign(Nd4j.randn(DataType.FLOAT, w.shape()).muli(Math.sqrt(2 / fanIn)));
              }
            });
    return network;
  }

  /** Adam, a learning rate that falls to nothing, weight decay. */
  private static TrainingConfig config(ConvertedNetwork network, double rate, int steps) {
    return TrainingConfig.builder()
        .updater(new Adam(new PolySchedule(ScheduleType.ITERATION, rate, 1, steps + 1)))
        .regularization(new L2Regularization(5e-4))
        .dataSetFeatureMapping(network.inputs().get(0))
        .dataSetLabelMapping(network.labels().get(0))
        .build();
  }

  private static double accuracy(SameDiff sd, ImageIterator test, String scores) {
    Evaluation evaluation = new Evaluation(CLASSES);
    test.reset();
    sd.evaluate(test, scores, evaluation);
    return evaluation.accuracy();
  }

  private static long bytes(SameDiff sd) throws Exception {
    Path file = Files.createTempFile("dense", ".fb");
    try {
      sd.save(file.toFile(), false);
      return Files.size(file);
    } finally {
      Files.delete(file);
    }
  }

  /** One image: dense and compacted in turns, medians. */
  private static List<Double> latency(ConvertedNetwork network, CompactedGraph slim, ImageSize size) {
    String scores = network.outputs().get(0);
    INDArray image =
        Nd4j.rand(DataType.FLOAT, 1, size.channels(), size.rows(), size.columns());
    Map<String, INDArray> feed = Map.of(network.inputs().get(0), image);
    List<SameDiff> graphs = List.of(network.graph(), slim.graph());
    double[][] times = new double[graphs.size()][ROUNDS];
    for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      for (int g = 0; g < times.length; g++) {
        long start = System.nanoTime();
        graphs.get(g).output(feed, scores);
        if (round >= 0) {
          times[g][round] = (System.nanoTime() - start) / 1e6;
        }
      }
    }
    List<Double> medians = new ArrayList<>();
    for (double[] t : times) {
      Arrays.sort(t);
      medians.add(t[ROUNDS / 2]);
    }
    return medians;
  }
}
