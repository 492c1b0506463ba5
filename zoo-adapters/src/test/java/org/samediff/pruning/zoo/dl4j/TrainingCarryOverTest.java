package org.samediff.pruning.zoo.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.dropout.SpatialDropout;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LocalResponseNormalization;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.importance.Criterion;

/** Updaters, schedules, regularisation, freezing, dropout; and what is refused. */
class TrainingCarryOverTest {
  private static final long SEED = 11;
  private static final ConversionOptions SHAPED =
      ConversionOptions.defaults().withInputShape("in", 2, 6, 6);
  private static final INDArray FEATURES =
      Twin.gaussian(new Random(SEED), DataType.DOUBLE, 4, 2, 6, 6);
  private static final INDArray LABELS = Twin.oneHot(new Random(SEED), DataType.DOUBLE, 4, 3);

  private static NeuralNetConfiguration.Builder settings(IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(SEED)
        .dataType(DataType.DOUBLE)
        .updater(updater);
  }

  private static ConvolutionLayer conv(int out) {
    return new ConvolutionLayer.Builder(3, 3).nOut(out).activation(Activation.TANH).build();
  }

  private static OutputLayer output() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .activation(Activation.SOFTMAX)
        .nOut(3)
        .build();
  }

  private static GraphBuilder start(NeuralNetConfiguration.Builder settings) {
    return settings.graphBuilder().addInputs("in").setInputTypes(InputType.convolutional(6, 6, 2));
  }

  private static ComputationGraph network(NeuralNetConfiguration.Builder settings) {
    return initialised(
        start(settings)
            .addLayer("c1", conv(4), "in")
            .addLayer("c2", conv(5), "c1")
            .addLayer("out", output(), "c2")
            .setOutputs("out"));
  }

  private static ComputationGraph initialised(GraphBuilder g) {
    ComputationGraph net = new ComputationGraph(g.build());
    net.init();
    Twin.randomise(net, SEED);
    return net;
  }

  private static Twin trainedThreeSteps(ComputationGraph net) throws IOException {
    Twin twin = Twin.as(net, SHAPED);
    twin.step(FEATURES, LABELS, 2);
    twin.reload();
    twin.step(FEATURES, LABELS, 1);
    return twin;
  }

  @ParameterizedTest
  @ValueSource(strings = {"Sgd", "Nesterovs", "Adam", "RmsProp", "AdaGrad", "AdaDelta"})
  void updatersOnASchedule(String name) throws IOException {
    MapSchedule rate =
        new MapSchedule.Builder(ScheduleType.ITERATION).add(0, 0.05).add(1, 0.02).build();
    IUpdater updater =
        switch (name) {
          case "Sgd" -> new Sgd(rate);
          case "Nesterovs" -> new Nesterovs(rate, 0.9);
          case "Adam" -> new Adam(rate);
          case "RmsProp" -> new RmsProp(0.05, 0.95, 1e-8);
          case "AdaGrad" -> new AdaGrad(0.05);
          default -> new AdaDelta();
        };
    assertThat(trainedThreeSteps(network(settings(updater))).updateError())
        .matches(e -> e.getValue() <= 1e-9);
  }

  @Test
  void regularisationReachesWeightsOnly() throws IOException {
    assertThat(trainedThreeSteps(network(settings(new Adam(0.01)).l1(0.02).l2(0.3))).updateError())
        .matches(e -> e.getValue() <= 1e-9);
    assertThat(trainedThreeSteps(network(settings(new Adam(0.01)).weightDecay(0.3))).updateError())
        .matches(e -> e.getValue() <= 1e-9);
  }

  @Test
  void aDeployedFileHoldsNoClassOfOurs(@TempDir Path folder) {
    ComputationGraph net = network(settings(new Sgd(0.1)).l2(0.3)).convertDataType(DataType.FLOAT);
    SameDiff sd = Dl4jConverter.convert(net, SHAPED).graph();
    assertThat(sd.getTrainingConfig().toJson()).contains("WeightsOnly");
    var pruned =
        PruningTransform.builder()
            .filtersTarget(0.3)
            .epochs(6)
            .criterion(Criterion.l1())
            .build()
            .apply(sd);
    var batch = new DataSet(FEATURES.castTo(DataType.FLOAT), LABELS.castTo(DataType.FLOAT));
    pruned
        .graph()
        .fit(new ListDataSetIterator<>(Collections.nCopies(8, batch), 4), 6, pruned.listener());
    Path file = folder.resolve("slim.fb");
    var slim = pruned.compact();
    slim.save(file);
    assertThat(SameDiff.load(file.toFile(), false).getTrainingConfig().getRegularization())
        .isEmpty();
    assertThat(slim.graph().getTrainingConfig().getRegularization()).hasSize(1);
  }

  @Test
  void minibatchOffAddsUp() throws IOException {
    assertThat(trainedThreeSteps(network(settings(new Sgd(0.01)).miniBatch(false))).updateError())
        .matches(e -> e.getValue() <= 1e-12);
  }

  @Test
  void frozenLayersStayAndInferInTraining() throws IOException {
    ComputationGraph whole =
        initialised(
            start(settings(new Sgd(0.05)))
                .addLayer("c1", conv(4), "in")
                .addLayer("bn", new BatchNormalization.Builder().build(), "c1")
                .addLayer("c2", conv(5), "bn")
                .addLayer("out", output(), "c2")
                .setOutputs("out"));
    ComputationGraph net =
        new TransferLearning.GraphBuilder(whole)
            .setFeatureExtractor("bn")
            .build()
            .convertDataType(DataType.DOUBLE); // the builder makes a float network
    Twin twin = trainedThreeSteps(net);
    assertThat(twin.updateError()).matches(e -> e.getValue() <= 1e-12);
    assertThat(twin.inference(FEATURES)).isLessThanOrEqualTo(1e-12);
    assertThat(twin.converted.graph().getVariable("c1/W").getVariableType())
        .isEqualTo(VariableType.CONSTANT);
    assertThat(twin.converted.graph().getVariable("bn/scale").getVariableType())
        .isEqualTo(VariableType.CONSTANT);
  }

  /** DL4J's own gradient divides by the wrong neighbour's sum; with a small alpha it is close. */
  @Test
  void localResponseNormalisation() throws IOException {
    ComputationGraph net =
        initialised(
            start(settings(new Sgd(0.05)))
                .addLayer("c1", conv(6), "in")
                .addLayer("lrn", new LocalResponseNormalization.Builder().build(), "c1")
                .addLayer("out", output(), "lrn")
                .setOutputs("out"));
    Twin twin = trainedThreeSteps(net);
    assertThat(twin.updateError()).matches(e -> e.getValue() <= 1e-6);
    assertThat(twin.inference(FEATURES)).isLessThanOrEqualTo(1e-7);
  }

  @Test
  void subsetOfMaps() {
    ComputationGraph net =
        initialised(
            settings(new Sgd(0.05))
                .graphBuilder()
                .addInputs("in")
                .addLayer("c1", new ConvolutionLayer.Builder(3, 3).nIn(2).nOut(4).build(), "in")
                .addVertex("some", new SubsetVertex(1, 2), "c1")
                .addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), "some")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .activation(Activation.SOFTMAX)
                        .nIn(2)
                        .nOut(3)
                        .build(),
                    "pool")
                .setOutputs("out"));
    Twin twin = Twin.as(net, SHAPED);
    twin.step(FEATURES, LABELS, 1);
    assertThat(twin.updateError()).matches(e -> e.getValue() <= 1e-12);
  }

  /** Behind ones, a linear readout's update is the mask. */
  @Test
  void dropoutIsOnInTrainingOnly() {
    ComputationGraph net =
        initialised(
            settings(new Sgd(1))
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.feedForward(4000))
                .addLayer("drop", new DropoutLayer(0.7), "in")
                .addLayer(
                    "out",
                    new OutputLayer.Builder(LossFunction.L2)
                        .activation(Activation.IDENTITY)
                        .nOut(1)
                        .build(),
                    "drop")
                .setOutputs("out"));
    ConvertedNetwork converted =
        Dl4jConverter.convert(net, ConversionOptions.defaults().withInputShape("in", 4000));
    SameDiff sd = converted.graph();
    INDArray ones = Nd4j.ones(DataType.DOUBLE, 1, 4000);
    INDArray expected = net.outputSingle(ones);
    assertThat(sd.output(Map.of("in", ones), "out").get("out").getDouble(0))
        .isEqualTo(expected.getDouble(0), within(1e-9));

    INDArray before = sd.getVariable("out/W").getArr().dup();
    Nd4j.getRandom().setSeed(SEED);
    sd.fit(new DataSet(ones, Nd4j.valueArrayOf(new long[] {1, 1}, 1e3, DataType.DOUBLE)));
    INDArray update = sd.getVariable("out/W").getArr().sub(before);
    double largest = update.amaxNumber().doubleValue();
    int kept = 0;
    for (int i = 0; i < 4000; i++) {
      double share = Math.abs(update.getDouble(i)) / largest;
      assertThat(share < 1e-12 || share > 1 - 1e-12).as("all or nothing").isTrue();
      kept += share > 0.5 ? 1 : 0;
    }
    assertThat(kept / 4000.0).as("seed %d", SEED).isBetween(0.67, 0.73);
  }

  @Test
  void whatSameDiffCannotExpressIsRefusedOrReported() {
    NeuralNetConfiguration.Builder settings =
        settings(new Sgd(0.05))
            .biasUpdater(new Sgd(0.1))
            .gradientNormalization(GradientNormalization.RenormalizeL2PerLayer);
    ComputationGraph net = network(settings);
    assertThatThrownBy(() -> Dl4jConverter.convert(net, SHAPED))
        .isInstanceOf(UnsupportedNetworkException.class)
        .hasMessageContaining("withDowngradesAllowed(true)");
    List<String> downgrades =
        Dl4jConverter.convert(net, SHAPED.withDowngradesAllowed(true)).downgrades();
    assertThat(downgrades)
        .anyMatch(d -> d.contains("\"c1\"") && d.contains("RenormalizeL2PerLayer"))
        .anyMatch(d -> d.contains("2 updaters"));
    assertThat(
            Dl4jConverter.convert(net, SHAPED.withTrainingConfig(false))
                .graph()
                .getTrainingConfig())
        .isNull();
  }

  @Test
  void unknownLayersAndSettingsAreNamed() {
    ComputationGraph prelu =
        initialised(
            start(settings(new Sgd(0.05)))
                .addLayer("odd", new PReLULayer.Builder().inputShape(2, 6, 6).build(), "in")
                .addLayer("out", output(), "odd")
                .setOutputs("out"));
    assertThatThrownBy(() -> Dl4jConverter.convert(prelu, SHAPED))
        .isInstanceOfSatisfying(
            UnsupportedNetworkException.class,
            e -> {
              assertThat(e.layer()).isEqualTo("odd");
              assertThat(e.type()).isEqualTo("PReLULayer");
            })
        .hasMessageContaining("supported are")
        .hasMessageContaining("ConvolutionLayer");
    ComputationGraph spatial =
        initialised(
            start(settings(new Sgd(0.05)))
                .addLayer("drop", new DropoutLayer(new SpatialDropout(0.5)), "in")
                .addLayer("out", output(), "drop")
                .setOutputs("out"));
    assertThatThrownBy(() -> Dl4jConverter.convert(spatial, SHAPED))
        .isInstanceOf(UnsupportedNetworkException.class)
        .hasMessageContaining("\"drop\"");
    assertThat(
            Dl4jConverter.convert(spatial, SHAPED.withMode(ConversionOptions.Mode.INFERENCE))
                .loss())
        .isEmpty();
  }

  @Test
  void missingAndWrongShapesAreNamed() {
    ComputationGraph net = network(settings(new Sgd(0.05)));
    assertThatThrownBy(() -> Dl4jConverter.convert(net))
        .isInstanceOf(PruningException.class)
        .hasMessageContaining("withInputShape(\"in\", 2, height, width)");
    assertThatThrownBy(() -> Dl4jConverter.convert(net, SHAPED.withInputShape("image", 2, 6, 6)))
        .isInstanceOf(PruningException.class)
        .hasMessageContaining("[in]");
    assertThatThrownBy(() -> Dl4jConverter.convert(net, SHAPED.withInputShape("in", 3, 6, 6)))
        .isInstanceOf(PruningException.class)
        .hasMessageContaining("takes 2 channels and gets 3");
    assertThatThrownBy(() -> SHAPED.withInputShape("in", 2, 6))
        .isInstanceOf(PruningException.class);
  }

  @Test
  void inferenceGraphsHaveFixedBatchNorm() {
    ComputationGraph net =
        initialised(
            start(settings(new Sgd(0.05)))
                .addLayer("c1", conv(4), "in")
                .addLayer("bn", new BatchNormalization.Builder().build(), "c1")
                .addLayer("dense", new DenseLayer.Builder().nOut(5).dropOut(0.5).build(), "bn")
                .addLayer("out", output(), "dense")
                .setOutputs("out"));
    Twin twin = Twin.as(net, SHAPED.withMode(ConversionOptions.Mode.INFERENCE));
    assertThat(twin.inference(FEATURES)).isLessThanOrEqualTo(1e-13);
    assertThat(twin.converted.labels()).isEmpty();
    assertThat(twin.converted.inputs()).containsExactly("in");
    assertThat(twin.converted.layers().get("bn")).containsExactly("bn/mean", "bn/scale", "bn/beta");
  }
}
