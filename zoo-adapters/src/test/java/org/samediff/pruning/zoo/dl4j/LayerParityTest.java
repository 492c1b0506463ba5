package org.samediff.pruning.zoo.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.graph.L2NormalizeVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.graph.PreprocessorVertex;
import org.deeplearning4j.nn.conf.graph.ScaleVertex;
import org.deeplearning4j.nn.conf.graph.ShiftVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SpaceToDepthLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.Upsampling2D;
import org.deeplearning4j.nn.conf.layers.ZeroPaddingLayer;
import org.deeplearning4j.nn.conf.layers.convolutional.Cropping2D;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * One tiny network per kind of layer, in double: the graph's output and its training steps against
 * DL4J's, and once more after save and load.
 */
class LayerParityTest {
  private static final long SEED = 20260;
  private static final int CHANNELS = 3;
  private static final int HEIGHT = 9;
  private static final int WIDTH = 7;
  private static final int CLASSES = 4;
  private static final int BATCH = 5;

  /**
   * What is tested: it stands between "first", a convolution to six channels, and what is added
   * behind it.
   */
  private record Case(String name, Body body, Head head) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Body {
    /** Adds to the graph; returns the name of the result. */
    String add(GraphBuilder g);
  }

  private interface Head {
    void add(GraphBuilder g, String input);
  }

  private static final Head CLASSIFIER =
      (g, input) ->
          g.addLayer(
                  "out",
                  new OutputLayer.Builder(LossFunction.MCXENT)
                      .activation(Activation.SOFTMAX)
                      .nOut(CLASSES)
                      .build(),
                  input)
              .setOutputs("out");

  private static Case layer(String name, Layer layer) {
    return new Case(
        name,
        g -> {
          g.addLayer("tested", layer, "first");
          return "tested";
        },
        CLASSIFIER);
  }

  private static Case behindBare(String name, Layer layer) {
    return new Case(
        name,
        g -> {
          bare(g);
          g.addLayer("tested", layer, "bare");
          return "tested";
        },
        CLASSIFIER);
  }

  private static void bare(GraphBuilder g) {
    g.addLayer(
        "bare",
        new ConvolutionLayer.Builder(1, 1)
            .nOut(6)
            .hasBias(false)
            .activation(Activation.IDENTITY)
            .build(),
        "first");
  }

  private static Case body(String name, Body body) {
    return new Case(name, body, CLASSIFIER);
  }

  private static Case head(String name, Head head) {
    return new Case(name, g -> "first", head);
  }

  static Stream<Case> cases() {
    Stream.Builder<Case> cases = Stream.builder();
    for (ConvolutionMode mode :
        new ConvolutionMode[] {
          ConvolutionMode.Same, ConvolutionMode.Truncate, ConvolutionMode.Strict
        }) {
      for (int stride = 1; stride <= 2; stride++) {
        for (int dilation = 1; dilation + stride <= 3; dilation++) {
          addConvolutions(cases, mode, stride, dilation);
        }
        addPools(cases, mode, stride);
      }
    }
    addNormalisations(cases);
    addShapes(cases);
    addVertices(cases);
    addHeads(cases);
    for (Activation a : ACTIVATIONS) {
      cases.add(layer("activation " + a, new ActivationLayer.Builder().activation(a).build()));
    }
    return cases.build();
  }

  private static final Activation[] ACTIVATIONS = {
    Activation.IDENTITY,
    Activation.RELU,
    Activation.RELU6,
    Activation.LEAKYRELU,
    Activation.ELU,
    Activation.SELU,
    Activation.GELU,
    Activation.SIGMOID,
    Activation.HARDSIGMOID,
    Activation.TANH,
    Activation.HARDTANH,
    Activation.SOFTMAX,
    Activation.SOFTPLUS,
    Activation.SOFTSIGN,
    Activation.SWISH,
    Activation.CUBE
  };

  /** Sides for which "Strict" comes out even. */
  private static int[] kernel(ConvolutionMode mode, int stride, int dilation) {
    return mode == ConvolutionMode.Strict && stride == 2 ? new int[] {3, 3} : new int[] {3, 2};
  }

  private static void addConvolutions(
      Stream.Builder<Case> cases, ConvolutionMode mode, int stride, int dilation) {
    String suffix = " " + mode + " s" + stride + " d" + dilation;
    int[] kernel = kernel(mode, stride, dilation);
    int[] padding = mode == ConvolutionMode.Same ? new int[] {0, 0} : new int[] {1, 1};
    cases.add(
        layer(
            "convolution" + suffix,
            new ConvolutionLayer.Builder(kernel)
                .nOut(5)
                .stride(stride, stride)
                .dilation(dilation, dilation)
                .padding(padding)
                .convolutionMode(mode)
                .activation(Activation.TANH)
                .build()));
    cases.add(
        layer(
            "separable" + suffix,
            new SeparableConvolution2D.Builder(kernel)
                .nOut(5)
                .depthMultiplier(2)
                .stride(stride, stride)
                .dilation(dilation, dilation)
                .padding(padding)
                .convolutionMode(mode)
                .activation(Activation.TANH)
                .build()));
    cases.add(
        layer(
            "depthwise" + suffix,
            new DepthwiseConvolution2D.Builder(kernel)
                .depthMultiplier(2)
                .nOut(12)
                .stride(stride, stride)
                .dilation(dilation, dilation)
                .padding(padding)
                .convolutionMode(mode)
                .activation(Activation.TANH)
                .build()));
    cases.add(
        layer(
            "transposed" + suffix,
            new Deconvolution2D.Builder(kernel)
                .nOut(5)
                .stride(stride, stride)
                .dilation(dilation, dilation)
                .padding(padding)
                .convolutionMode(mode)
                .activation(Activation.TANH)
                .build()));
  }

  private static void addPools(Stream.Builder<Case> cases, ConvolutionMode mode, int stride) {
    String suffix = " " + mode + " s" + stride;
    int[] padding = mode == ConvolutionMode.Same ? new int[] {0, 0} : new int[] {1, 1};
    for (PoolingType type : new PoolingType[] {PoolingType.MAX, PoolingType.AVG}) {
      cases.add(
          layer(
              "pool " + type + suffix,
              new SubsamplingLayer.Builder(type)
                  .kernelSize(3, 3)
                  .stride(stride, stride)
                  .padding(padding)
                  .convolutionMode(mode)
                  .build()));
    }
    for (int p = mode == ConvolutionMode.Same ? 1 : 3; p <= 3; p++) {
      cases.add(
          layer(
              "pool PNORM " + p + suffix,
              new SubsamplingLayer.Builder(PoolingType.PNORM)
                  .pnorm(p)
                  .kernelSize(3, 3)
                  .stride(stride, stride)
                  .padding(padding)
                  .convolutionMode(mode)
                  .build()));
    }
  }

  private static void addNormalisations(Stream.Builder<Case> cases) {
    // in front of them no bias, whose gradient would be nothing but rounding
    cases.add(
        behindBare("batch norm", new BatchNormalization.Builder().eps(1e-3).decay(0.8).build()));
    cases.add(
        behindBare(
            "batch norm var", new BatchNormalization.Builder().eps(1e-3).useLogStd(false).build()));
    cases.add(
        body(
            "batch norm of vectors",
            g -> {
              bare(g);
              g.addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), "bare");
              g.addLayer("tested", new BatchNormalization.Builder().eps(1e-3).build(), "pool");
              return "tested";
            }));
    cases.add(
        behindBare(
            "batch norm locked", new BatchNormalization.Builder(1.3, 0.2, true).eps(1e-3).build()));
    cases.add(
        behindBare("batch norm neutral", new BatchNormalization.Builder(true).eps(1e-3).build()));
    cases.add(
        body(
            "l2 of maps",
            g -> {
              g.addVertex("tested", new L2NormalizeVertex(), "first");
              return "tested";
            }));
    cases.add(
        body(
            "l2 of vectors",
            g -> {
              g.addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), "first");
              g.addVertex("tested", new L2NormalizeVertex(), "pool");
              return "tested";
            }));
  }

  private static void addShapes(Stream.Builder<Case> cases) {
    for (PoolingType type : PoolingType.values()) {
      cases.add(
          layer("global pool " + type, new GlobalPoolingLayer.Builder(type).pnorm(2).build()));
    }
    cases.add(
        layer(
            "global pool kept",
            new GlobalPoolingLayer.Builder(PoolingType.AVG).collapseDimensions(false).build()));
    cases.add(layer("zero padding", new ZeroPaddingLayer.Builder(1, 2, 3, 4).build()));
    cases.add(layer("cropping", new Cropping2D.Builder(1, 0, 2, 1).build()));
    cases.add(layer("cropping nothing", new Cropping2D.Builder(0, 0).build()));
    cases.add(layer("upsampling", new Upsampling2D.Builder(2).size(new int[] {2, 3}).build()));
    cases.add(
        body(
            "space to depth",
            g -> {
              g.addLayer("crop", new Cropping2D.Builder(1, 0, 1, 0).build(), "first");
              g.addLayer(
                  "tested",
                  new SpaceToDepthLayer.Builder(2, SpaceToDepthLayer.DataFormat.NCHW).build(),
                  "crop");
              return "tested";
            }));
    cases.add(layer("dense", new DenseLayer.Builder().nOut(5).activation(Activation.TANH).build()));
    cases.add(
        layer(
            "dense no bias",
            new DenseLayer.Builder().nOut(5).hasBias(false).activation(Activation.TANH).build()));
  }

  private static void addVertices(Stream.Builder<Case> cases) {
    for (ElementWiseVertex.Op op : ElementWiseVertex.Op.values()) {
      boolean two = op == ElementWiseVertex.Op.Subtract;
      cases.add(
          body(
              "elementwise " + op,
              g -> {
                branch(g, "left");
                branch(g, "right");
                if (two) {
                  g.addVertex("tested", new ElementWiseVertex(op), "left", "right");
                } else {
                  g.addVertex("tested", new ElementWiseVertex(op), "left", "right", "first");
                }
                return "tested";
              }));
    }
    cases.add(
        body(
            "merge",
            g -> {
              branch(g, "left");
              g.addVertex("tested", new MergeVertex(), "left", "first");
              return "tested";
            }));
    cases.add(
        body(
            "subset",
            g -> {
              g.addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), "first");
              g.addVertex("tested", new SubsetVertex(1, 3), "pool");
              return "tested";
            }));
    cases.add(vertex("scale", new ScaleVertex(0.17)));
    cases.add(vertex("shift", new ShiftVertex(0.17)));
    cases.add(
        vertex(
            "flatten", new PreprocessorVertex(new CnnToFeedForwardPreProcessor(HEIGHT, WIDTH, 6))));
  }

  private static void branch(GraphBuilder g, String name) {
    g.addLayer(
        name,
        new ConvolutionLayer.Builder(1, 1).nOut(6).activation(Activation.TANH).build(),
        "first");
  }

  private static Case vertex(String name, org.deeplearning4j.nn.conf.graph.GraphVertex vertex) {
    return body(
        name,
        g -> {
          g.addVertex("tested", vertex, "first");
          return "tested";
        });
  }

  private static void addHeads(Stream.Builder<Case> cases) {
    Object[][] losses = {
      {LossFunction.NEGATIVELOGLIKELIHOOD, Activation.SOFTMAX},
      {LossFunction.MCXENT, Activation.SIGMOID},
      {LossFunction.XENT, Activation.SIGMOID},
      {LossFunction.XENT, Activation.SOFTMAX},
      {LossFunction.MSE, Activation.IDENTITY},
      {LossFunction.MSE, Activation.SOFTMAX},
      {LossFunction.L2, Activation.TANH},
      {LossFunction.MEAN_ABSOLUTE_ERROR, Activation.IDENTITY},
      {LossFunction.L1, Activation.IDENTITY}
    };
    for (Object[] loss : losses) {
      cases.add(
          head(
              "output " + loss[0] + " " + loss[1],
              (g, input) ->
                  g.addLayer(
                          "out",
                          new OutputLayer.Builder((LossFunction) loss[0])
                              .activation((Activation) loss[1])
                              .nOut(CLASSES)
                              .build(),
                          input)
                      .setOutputs("out")));
      cases.add(
          head(
              "pixels " + loss[0] + " " + loss[1],
              (g, input) ->
                  g.addLayer(
                          "classes",
                          new ConvolutionLayer.Builder(1, 1)
                              .nOut(CLASSES)
                              .activation(Activation.IDENTITY)
                              .build(),
                          input)
                      .addLayer(
                          "out",
                          new CnnLossLayer.Builder((LossFunction) loss[0])
                              .activation((Activation) loss[1])
                              .build(),
                          "classes")
                      .setOutputs("out")));
    }
    cases.add(
        head(
            "loss layer behind a softmax layer",
            (g, input) ->
                g.addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), input)
                    .addLayer(
                        "classes",
                        new DenseLayer.Builder()
                            .nOut(CLASSES)
                            .activation(Activation.IDENTITY)
                            .build(),
                        "pool")
                    .addLayer(
                        "softmax",
                        new ActivationLayer.Builder().activation(Activation.SOFTMAX).build(),
                        "classes")
                    .addLayer(
                        "loss",
                        new LossLayer.Builder(LossFunction.NEGATIVELOGLIKELIHOOD)
                            .activation(Activation.IDENTITY)
                            .build(),
                        "softmax")
                    .setOutputs("loss")));
    cases.add(
        head(
            "center loss",
            (g, input) ->
                g.addLayer("pool", new GlobalPoolingLayer(PoolingType.AVG), input)
                    .addLayer(
                        "out",
                        new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
                            .activation(Activation.SOFTMAX)
                            .nOut(CLASSES)
                            .alpha(0.3)
                            .lambda(0.2)
                            .build(),
                        "pool")
                    .setOutputs("out")));
  }

  private static ComputationGraph network(Case c) {
    boolean shifted = c.name().startsWith("separable") || c.name().startsWith("depthwise");
    double l2 =
        shifted ? 0 : 1e-2; // DL4J regularises these layers' bias instead of as many weights
    GraphBuilder g =
        new NeuralNetConfiguration.Builder()
            .seed(SEED)
            .dataType(DataType.DOUBLE)
            .updater(new Nesterovs(0.05, 0.9))
            .l2(l2)
            .graphBuilder()
            .addInputs("in")
            .validateOutputLayerConfig(false)
            .setInputTypes(InputType.convolutional(HEIGHT, WIDTH, CHANNELS))
            .addLayer(
                "first",
                new ConvolutionLayer.Builder(3, 3)
                    .nOut(6)
                    .convolutionMode(ConvolutionMode.Same)
                    .activation(Activation.TANH)
                    .build(),
                "in");
    c.head().add(g, c.body().add(g));
    ComputationGraph net = new ComputationGraph(g.build());
    net.init();
    return net;
  }

  /** DL4J makes an intermediate array of the default type. */
  @BeforeAll
  static void doublePrecision() {
    Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE);
  }

  @AfterAll
  static void singlePrecision() {
    Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sameOutputAndSameTrainingSteps(Case c) throws IOException {
    Twin twin =
        Twin.of(
            network(c),
            ConversionOptions.defaults().withInputShape("in", CHANNELS, HEIGHT, WIDTH),
            SEED);
    Random random = new Random(SEED);
    INDArray features = Twin.gaussian(random, DataType.DOUBLE, BATCH, CHANNELS, HEIGHT, WIDTH);
    INDArray labels =
        Twin.oneHot(random, DataType.DOUBLE, twin.net().outputSingle(features).shape());

    assertThat(twin.inference(features)).as("inference").isLessThanOrEqualTo(1e-13);
    twin.step(features, labels, 1);
    assertThat(twin.updateError()).as("one step").matches(e -> e.getValue() <= 1e-12);
    twin.step(features, labels, 2);
    assertThat(twin.updateError()).as("three steps").matches(e -> e.getValue() <= 1e-12);
    assertThat(twin.statisticsError()).as("statistics").matches(e -> e.getValue() <= 1e-12);
    assertThat(twin.inference(features)).as("inference after").isLessThanOrEqualTo(1e-12);
    twin.reload();
    assertThat(twin.inference(features)).as("inference reloaded").isLessThanOrEqualTo(1e-12);
    twin.step(features, labels, 1);
    assertThat(twin.updateError()).as("reloaded").matches(e -> e.getValue() <= 1e-12);
    assertThat(twin.statisticsError()).as("reloaded").matches(e -> e.getValue() <= 1e-12);
  }
}
