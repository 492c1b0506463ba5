package org.samediff.pruning.zoo.dl4j;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.graph.SubsetVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.NameScope;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.activations.IActivation;
import org.nd4j.linalg.activations.impl.ActivationSigmoid;
import org.nd4j.linalg.activations.impl.ActivationSoftmax;
import org.nd4j.linalg.api.buffer.DataType;
import org.samediff.pruning.layers.FastGradients;

/** One conversion: the graph as far as it is built, and what has been learnt on the way. */
final class NetworkConversion {
  /** ND4J fills a placeholder with this ending with whether it is training. */
  private static final String LEARNING_PHASE = "keras_learning_phase";

  private record Activated(IActivation activation, SDVariable argument) {}

  private final NetworkModel model;
  private final ConversionOptions options;
  private final Set<String> trained;
  private final SameDiff sd = SameDiff.create();
  private final Map<String, SDVariable> results = new HashMap<>();
  private final Map<String, InputType> types = new HashMap<>();
  private final Map<SDVariable, Activated> activated = new IdentityHashMap<>();
  private final Map<String, List<String>> layers = new LinkedHashMap<>();
  private final Map<String, SDVariable> labels = new LinkedHashMap<>();
  private final Map<String, SDVariable> losses = new LinkedHashMap<>();
  private final List<String> downgrades = new ArrayList<>();
  private @Nullable SDVariable learningPhase;

  NetworkConversion(NetworkModel model, ConversionOptions options) {
    this.model = model;
    this.options = options;
    this.trained = model.trained();
  }

  ConvertedNetwork run() {
    new InputShapes(model, options)
        .types()
        .forEach(
            (name, type) -> {
              results.put(name, sd.placeHolder(name, model.dataType(), withBatch(type)));
              types.put(name, type);
            });
    for (int i = 0; i < model.nodes().size(); i++) {
      convert(model.nodes().get(i), i);
    }
    Optional<String> loss = totalLoss();
    loss.ifPresent(name -> sd.setLossVariables(name));
    List<String> outputs = model.outputs().stream().map(n -> results.get(n).name()).toList();
    List<String> labelNames =
        model.outputs().stream()
            .filter(labels::containsKey)
            .map(n -> labels.get(n).name())
            .toList();
    if (options.trainable() && options.trainingConfig() && loss.isPresent()) {
      new TrainingCarryOver(this).apply(labelNames);
    }
    sd.setOutputs(outputs);
    FastGradients.use(sd);
    return new ConvertedNetwork(
        sd, model.inputs(), outputs, labelNames, logits(), loss, layers, downgrades);
  }

  private void convert(NetworkNode node, int index) {
    NodeContext context;
    SDVariable y;
    try (NameScope scope = sd.withNameScope(node.name())) {
      context = contextOf(node, index);
      y = LayerConverters.convert(context);
    }
    boolean alias = y.getVariableType() != VariableType.ARRAY || results.containsValue(y);
    if (alias && model.outputs().contains(node.name())) {
      SDVariable copy = sd.identity(y);
      Activated a = activated.get(y);
      if (a != null) {
        activated.put(copy, a);
      }
      y = copy;
      alias = false;
    }
    results.put(node.name(), alias ? y : named(y, node));
    types.put(node.name(), context.outputType());
    if (!context.stored().isEmpty()) {
      layers.put(node.name(), List.copyOf(context.stored()));
    }
  }

  private SDVariable named(SDVariable y, NetworkNode node) {
    if (sd.hasVariable(node.name())) {
      throw new UnsupportedNetworkException(
          node.name(),
          node.type(),
          "layer \""
              + node.name()
              + "\": another layer has made a variable of this name; rename one of the two");
    }
    return sd.updateVariableNameAndReference(y, node.name());
  }

  private NodeContext contextOf(NetworkNode node, int index) {
    List<SDVariable> inputs =
        new ArrayList<>(node.inputs().stream().map(n -> results.get(n)).toList());
    List<InputType> inputTypes =
        new ArrayList<>(node.inputs().stream().map(n -> types.get(n)).toList());
    if (node.preProcessor().isPresent()) {
      InputPreProcessor before = node.preProcessor().get();
      NodeContext bare = new NodeContext(this, node, inputs, inputTypes, inputTypes.get(0));
      inputs.set(0, PreProcessors.apply(before, bare, inputs.get(0), inputTypes.get(0)));
      inputTypes.set(0, typeBehind(before, inputTypes.get(0), bare));
    }
    NodeContext bare = new NodeContext(this, node, inputs, inputTypes, inputTypes.get(0));
    return new NodeContext(this, node, inputs, inputTypes, outputType(bare, inputTypes, index));
  }

  private static InputType typeBehind(InputPreProcessor before, InputType type, NodeContext node) {
    try {
      return before.getOutputType(type);
    } catch (RuntimeException e) {
      throw node.badInput("does not fit its input " + type + ": " + e.getMessage());
    }
  }

  private static InputType outputType(NodeContext node, List<InputType> inputs, int index) {
    if (node.node().configuration() instanceof SubsetVertex subset
        && inputs.get(0) instanceof InputType.InputTypeConvolutional image) {
      int channels = subset.getTo() - subset.getFrom() + 1; // DL4J's own sum has the wrong sign
      return InputType.convolutional(image.getHeight(), image.getWidth(), channels);
    }
    if (node.node().configuration() instanceof LossLayer) {
      return inputs.get(0); // DL4J takes the layer's nOut, which nobody sets
    }
    try {
      return node.node().configuration() instanceof Layer layer
          ? layer.getOutputType(index, inputs.get(0))
          : ((GraphVertex) node.node().configuration())
              .getOutputType(index, inputs.toArray(InputType[]::new));
    } catch (RuntimeException e) {
      throw node.badInput("does not fit its input " + inputs + ": " + e.getMessage());
    }
  }

  static long[] withBatch(InputType type) {
    return type instanceof InputType.InputTypeConvolutional image
        ? new long[] {-1, image.getChannels(), image.getHeight(), image.getWidth()}
        : new long[] {-1, type.arrayElementsPerExample()};
  }

  SameDiff sd() {
    return sd;
  }

  NetworkModel model() {
    return model;
  }

  ConversionOptions options() {
    return options;
  }

  /** Whether parameters of this node are variables. */
  boolean isTrained(NetworkNode node) {
    return !options.trainable() || trained.contains(node.name());
  }

  /** Notes that y = activation(z). */
  void isActivationOf(SDVariable y, IActivation activation, SDVariable z) {
    activated.put(y, new Activated(activation, z));
  }

  /** What y is an activation of, if it is one of this kind. */
  Optional<SDVariable> logits(SDVariable y, Class<? extends IActivation> kind) {
    return Optional.ofNullable(activated.get(y))
        .filter(a -> kind.isInstance(a.activation()))
        .map(Activated::argument);
  }

  private Optional<String> logits() {
    if (model.outputs().size() != 1) {
      return Optional.empty();
    }
    SDVariable y = results.get(model.outputs().get(0));
    return logits(y, ActivationSoftmax.class)
        .or(() -> logits(y, ActivationSigmoid.class))
        .map(SDVariable::name);
  }

  /**
   * Adds the loss of an output, if the graph is for training.
   *
   * @param labelsType shape of the labels
   * @param loss makes the scalar of the labels
   */
  void addLoss(NodeContext node, InputType labelsType, UnaryOperator<SDVariable> loss) {
    if (options.trainable() && model.outputs().contains(node.name())) {
      losses.put(node.name(), loss.apply(labels(node, labelsType)));
    }
  }

  private SDVariable labels(NodeContext node, InputType type) {
    String name = model.outputs().size() == 1 ? "labels" : node.name() + "/labels";
    boolean taken = model.inputs().contains(name) || isNode(name);
    SDVariable placeholder =
        sd.placeHolder(taken ? "train/" + name : name, model.dataType(), withBatch(type));
    labels.put(node.name(), placeholder);
    return placeholder;
  }

  private boolean isNode(String name) {
    return model.nodes().stream().anyMatch(n -> n.name().equals(name));
  }

  private Optional<String> totalLoss() {
    SDVariable total = null;
    for (SDVariable loss : losses.values()) {
      total = total == null ? loss : total.add(loss);
    }
    return Optional.ofNullable(total)
        .map(t -> sd.updateVariableNameAndReference(t, "train/loss").name());
  }

  /** One while the graph trains, otherwise zero. */
  SDVariable learningPhase() {
    if (learningPhase == null) {
      learningPhase = sd.placeHolder(LEARNING_PHASE, DataType.BOOL).castTo(model.dataType());
    }
    return learningPhase;
  }

  /** Reports a setting that the graph does not have, or refuses it. */
  void downgrade(String layer, String type, String what, String instead) {
    if (!options.downgradesAllowed()) {
      throw new UnsupportedNetworkException(
          layer,
          type,
          what + ". Allow it with ConversionOptions.withDowngradesAllowed(true): " + instead);
    }
    downgrades.add(what + ": " + instead);
  }
}
