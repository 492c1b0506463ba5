package org.samediff.pruning.it.files;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.random.impl.BernoulliDistribution;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.regularization.L2Regularization;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.samediff.pruning.layers.BatchNormalization;

/**
 * A network with a bit of everything that files and checkpoints have to keep, in a few kilobytes.
 */
public final class SmallNet {
  static final int SIDE = 6;
  static final int CLASSES = 3;

  private SmallNet() {}

  /** conv-norm-relu, split, concat, conv-relu, mean, dense; Adam with a schedule, L2. */
  public static SameDiff build(long seed) {
    Random random = new Random(seed);
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 2, SIDE, SIDE);
    SDVariable h = conv(sd, "c1", x, 2, 6, random);
    h = sd.nn().relu("r1", BatchNormalization.apply(sd, "n1", h, 6), 0);
    SDVariable[] parts = sd.split(new String[] {"left", "right"}, h, 2, 1);
    h = sd.concat("joined", 1, parts[1], parts[0]);
    h = sd.nn().relu("r2", conv(sd, "c2", h, 6, 8, random), 0);
    SDVariable w = sd.var("fc_W", gaussian(random, 8, CLASSES));
    SDVariable logits =
        h.mean("pooled", false, 2, 3)
            .mmul("fc", w)
            .add("logits", sd.var("fc_b", gaussian(random, CLASSES)));
    sd.nn().softmax("probs", logits, 1);
    sd.loss()
        .softmaxCrossEntropy(
            "loss", sd.placeHolder("y", DataType.FLOAT, -1, CLASSES), logits, null);
    sd.setLossVariables("loss");
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(
                new Adam(
                    new MapSchedule.Builder(ScheduleType.ITERATION)
                        .add(0, 5e-3)
                        .add(9, 2e-3)
                        .build()))
            .regularization(new L2Regularization(1e-4))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    return sd;
  }

  private static SDVariable conv(
      SameDiff sd, String name, SDVariable x, int in, int out, Random random) {
    return sd.cnn()
        .conv2d(
            name,
            x,
            sd.var(name + "_W", gaussian(random, 3, 3, in, out)),
            sd.var(name + "_b", gaussian(random, out)),
            Conv2DConfig.builder()
                .kH(3)
                .kW(3)
                .paddingMode(PaddingMode.SAME)
                .dataFormat("NCHW")
                .weightsFormat(WeightsFormat.YXIO)
                .build());
  }

  private static INDArray gaussian(Random random, long... shape) {
    int length = 1;
    for (long side : shape) {
      length *= (int) side;
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (0.4 * random.nextGaussian());
    }
    return Nd4j.createFromArray(values).reshape(shape).dup('c');
  }

  /** Batches of random images with the brightest of three stripes as their class. */
  static List<DataSet> data(long seed, int batches, int size) {
    Random random = new Random(seed);
    List<DataSet> data = new ArrayList<>();
    for (int b = 0; b < batches; b++) {
      INDArray x = gaussian(random, size, 2, SIDE, SIDE);
      INDArray y = Nd4j.zeros(DataType.FLOAT, size, CLASSES);
      for (int n = 0; n < size; n++) {
        y.putScalar(n, random.nextInt(CLASSES), 1);
      }
      data.add(new DataSet(x, y));
    }
    return data;
  }

  /** Moves ND4J's random numbers on, as a network with dropout does at every step. */
  static double draw() {
    return Nd4j.getExecutioner()
        .exec(new BernoulliDistribution(Nd4j.create(DataType.FLOAT, 16), 0.5))
        .sumNumber()
        .doubleValue();
  }
}
