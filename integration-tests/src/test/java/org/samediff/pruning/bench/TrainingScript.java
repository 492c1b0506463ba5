package org.samediff.pruning.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.samediff.pruning.bench.nets.BenchNetwork;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/** A network to be trained with momentum and L2, and minibatches for it. */
interface TrainingScript {
  /** The network's name. */
  String label();

  /** A new graph with a TrainingConfig; each the same. */
  SameDiff build();

  /** So many minibatches, the same at each call. */
  List<DataSet> data(int batch, int steps) throws IOException;

  /** The demo's network or the benchmark network of this name. */
  static TrainingScript named(String name) {
    Optional<DemoNetwork> demo =
        Arrays.stream(DemoNetwork.values()).filter(n -> n.label().equals(name)).findFirst();
    return demo.isPresent() ? new Demo(demo.get()) : new Bench(BenchNetwork.named(name), false);
  }

  private static SameDiff configured(SameDiff sd, String input, String labels) {
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(1e-3, 0.9))
            .regularization(new L2Regularization(5e-4))
            .dataSetFeatureMapping(input)
            .dataSetLabelMapping(labels)
            .build());
    return sd;
  }

  /** On Fashion-MNIST. */
  record Demo(DemoNetwork network) implements TrainingScript {
    @Override
    public String label() {
      return network.label();
    }

    @Override
    public SameDiff build() {
      return configured(network.build(1), DemoNetwork.INPUT, DemoNetwork.LABELS);
    }

    @Override
    public List<DataSet> data(int batch, int steps) throws IOException {
      List<DataSet> data = new ArrayList<>();
      ImageIterator images = ImageIterator.shuffled(FashionMnist.bundled().train(), batch, 1);
      while (data.size() < steps) {
        data.add(images.next());
      }
      return data;
    }
  }

  /** On noise. */
  record Bench(BenchNetwork network, boolean nhwc) implements TrainingScript {
    @Override
    public String label() {
      return network.label() + (nhwc ? "_nhwc" : "");
    }

    @Override
    public SameDiff build() {
      return configured(network.build(1, nhwc), BenchNetwork.INPUT, BenchNetwork.LABELS);
    }

    @Override
    public List<DataSet> data(int batch, int steps) {
      Nd4j.getRandom().setSeed(3);
      List<DataSet> data = new ArrayList<>();
      int side = network.side();
      for (int i = 0; i < steps; i++) {
        INDArray x =
            nhwc
                ? Nd4j.rand(DataType.FLOAT, batch, side, side, 3)
                : Nd4j.rand(DataType.FLOAT, batch, 3, side, side);
        INDArray y = Nd4j.zeros(DataType.FLOAT, batch, network.classes());
        for (int n = 0; n < batch; n++) {
          y.putScalar(new long[] {n, (n * 7L + i) % network.classes()}, 1);
        }
        data.add(new DataSet(x, y));
      }
      return data;
    }
  }
}
