package org.samediff.pruning.zoo.modelfile;

import com.google.common.base.Throwables;
import java.util.List;
import java.util.function.Supplier;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.zoo.modelfile.ModelFileException.Code;

/** A configuration that is about to become a network. */
abstract class NetworkSetup {
  private final String source;

  private NetworkSetup(String source) {
    this.source = source;
  }

  /**
   * @param source for messages
   * @throws ModelFileException BAD_CONFIGURATION
   */
  static NetworkSetup of(ConfigurationText text, String source) {
    return guarded(source, () -> text.graph() ? new Graph(text, source) : new Layers(text, source));
  }

  /** Numbers of parameters, one per layer or vertex. */
  abstract List<Long> counts();

  abstract Model initialised(@Nullable INDArray parameters);

  /**
   * Number of parameters of the whole network; nothing has been allocated for them yet.
   *
   * @throws ModelFileException BAD_CONFIGURATION, or TOO_LARGE above {@code most}
   */
  long parameterCount(long most) {
    long sum = 0;
    for (long count : guarded(source, this::counts)) {
      if (count < 0 || count > most - sum) {
        throw new ModelFileException(
            Code.TOO_LARGE,
            String.format(
                "\"%s\": a layer has %d parameters, the network may have %d; if you trust the file,"
                    + " raise ZipLimits.parameters",
                source, count, most));
      }
      sum += count;
    }
    return sum;
  }

  /** The network without weights, for one that has no parameters. */
  Model network() {
    return guarded(source, () -> initialised(null));
  }

  /** The network with these weights, which it keeps. */
  Model network(INDArray parameters) {
    return guarded(source, () -> initialised(parameters));
  }

  /** DL4J refuses a configuration in many ways; here it is one. */
  private static <T> T guarded(String source, Supplier<T> step) {
    try {
      return step.get();
    } catch (RuntimeException e) {
      throw new ModelFileException(
          Code.BAD_CONFIGURATION,
          "\"" + source + "\": Deeplearning4j refuses the configuration: " + reason(e),
          e);
    }
  }

  /** The first line of the innermost message, which is the one that names the fault. */
  private static String reason(Throwable failure) {
    Throwable cause = Throwables.getRootCause(failure);
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse(cause.toString());
  }

  private static final class Graph extends NetworkSetup {
    private final ComputationGraphConfiguration conf;

    Graph(ConfigurationText text, String source) {
      super(source);
      conf = ComputationGraphConfiguration.fromJson(text.json());
    }

    @Override
    List<Long> counts() {
      return conf.getVertices().values().stream().map(v -> v.numParams(true)).toList();
    }

    @Override
    Model initialised(@Nullable INDArray parameters) {
      conf.setDataType(type(parameters));
      ComputationGraph network = new ComputationGraph(conf);
      network.init(parameters, false);
      return network;
    }
  }

  private static final class Layers extends NetworkSetup {
    private final MultiLayerConfiguration conf;

    Layers(ConfigurationText text, String source) {
      super(source);
      conf = MultiLayerConfiguration.fromJson(text.json());
    }

    @Override
    List<Long> counts() {
      return conf.getConfs().stream().map(Layers::count).toList();
    }

    private static long count(NeuralNetConfiguration layer) {
      return layer.getLayer().initializer().numParams(layer);
    }

    @Override
    Model initialised(@Nullable INDArray parameters) {
      conf.setDataType(type(parameters));
      MultiLayerNetwork network = new MultiLayerNetwork(conf);
      network.init(parameters, false);
      return network;
    }
  }

  private static DataType type(@Nullable INDArray parameters) {
    return parameters == null ? DataType.FLOAT : parameters.dataType();
  }
}
