package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.layers.BatchNormalization;

/**
 * Ways to write batch norm in SameDiff 1.0.0-M2.1, in turns within one run: training step and
 * inference of five conv-norm-relu layers of 16 channels, 28x28, batch 32. Also the time of one op
 * more in a graph. JSON object last.
 *
 * <p>Arguments: {@code [rounds] [steps per round]}.
 */
public final class BatchNormForms {
  private static final int CHANNELS = 16;
  private static final int LAYERS = 5;
  private static final int BATCH = 32;
  private static final int WARM_UP_ROUNDS = 2;

  private enum Form {
    NONE,
    PHASE_PRIMITIVES,
    PHASE_SCALE_SHIFT,
    TRAINABLE_OP
  }

  private BatchNormForms() {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 10;
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    Nd4j.getRandom().setSeed(1);
    List<DataSet> data = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      INDArray y = Nd4j.zeros(DataType.FLOAT, BATCH, 10);
      for (int n = 0; n < BATCH; n++) {
        y.putScalar(new long[] {n, (n * 7 + i) % 10}, 1);
      }
      data.add(new DataSet(Nd4j.rand(DataType.FLOAT, BATCH, 1, 28, 28), y));
    }
    Map<Form, SameDiff> graphs = new LinkedHashMap<>();
    for (Form form : Form.values()) {
      graphs.put(form, build(form));
    }
    Map<String, List<Double>> times = new LinkedHashMap<>();
    for (int r = 0; r < rounds + WARM_UP_ROUNDS; r++) {
      List<Form> order = new ArrayList<>(List.of(Form.values()));
      Collections.rotate(order, r);
      for (Form form : order) {
        SameDiff sd = graphs.get(form);
        long before = System.nanoTime();
        sd.fit(new Cycle(data), 1);
        long between = System.nanoTime();
        for (DataSet batch : data) {
          sd.output(Map.of("x", batch.getFeatures()), "logits");
        }
        if (r >= WARM_UP_ROUNDS) {
          Measure.add(times, "train_" + form, (between - before) / 1e6 / steps);
          Measure.add(times, "infer_" + form, (System.nanoTime() - between) / 1e6 / steps);
        }
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "batch-norm-forms");
    for (String mode : List.of("train_", "infer_")) {
      List<Double> base = times.get(mode + Form.TRAINABLE_OP);
      for (Form form : Form.values()) {
        List<Double> own = times.get(mode + form);
        double ratio = Measure.median(Measure.ratios(own, base));
        out.printf(
            Locale.ROOT,
            "%-30s %7.1f ms, %.2f of the op%n",
            mode + form,
            Measure.median(own),
            ratio);
        json.put(mode + form.name().toLowerCase(Locale.ROOT), Measure.round(ratio));
      }
    }
    json.put("engine_microseconds_per_op", Measure.round(microsecondsPerOp()));
    json.put("gemm_1024_ms", Measure.round(Measure.gemm()));
    out.println(new ObjectMapper().writeValueAsString(json));
  }

  private static SameDiff build(Form form) {
    Nd4j.getRandom().setSeed(2);
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 1, 28, 28);
    SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 10);
    SDVariable phase = sd.placeHolder("keras_learning_phase", DataType.BOOL).castTo(DataType.FLOAT);
    SDVariable h = x;
    for (int i = 0; i < LAYERS; i++) {
      int in = i == 0 ? 1 : CHANNELS;
      SDVariable w = sd.var("w" + i, Nd4j.randn(DataType.FLOAT, 3, 3, in, CHANNELS).muli(0.2));
      Conv2DConfig config =
          Conv2DConfig.builder()
              .kH(3)
              .kW(3)
              .paddingMode(PaddingMode.SAME)
              .dataFormat("NCHW")
              .weightsFormat(WeightsFormat.YXIO)
              .build();
      h = norm(sd, form, "n" + i, sd.cnn().conv2d(h, w, config), phase);
      h = sd.nn().relu(h, 0);
    }
    SDVariable head = sd.var("head", Nd4j.randn(DataType.FLOAT, CHANNELS, 10).muli(0.2));
    SDVariable logits = h.mean(false, 2, 3).mmul("logits", head);
    sd.loss().softmaxCrossEntropy("loss", y, logits, null);
    sd.setLossVariables("loss");
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(1e-3, 0.9))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    return sd;
  }

  private static SDVariable norm(
      SameDiff sd, Form form, String name, SDVariable x, SDVariable phase) {
    if (form == Form.NONE) {
      return x;
    }
    if (form == Form.TRAINABLE_OP) {
      return BatchNormalization.apply(sd, name, x, CHANNELS);
    }
    SDVariable[] batch =
        sd.math().moments(new String[] {name + "_bm", name + "_bv"}, x, new int[] {0, 2, 3}, true);
    SDVariable running = phase.rsub(1.0);
    SDVariable zeros = sd.constant(name + "_m", Nd4j.zeros(DataType.FLOAT, 1, CHANNELS, 1, 1));
    SDVariable ones = sd.constant(name + "_v", Nd4j.ones(DataType.FLOAT, 1, CHANNELS, 1, 1));
    SDVariable mean = batch[0].mul(phase).add(zeros.mul(running));
    SDVariable variance = batch[1].mul(phase).add(ones.mul(running));
    SDVariable gamma = sd.var(name + "_g", Nd4j.ones(DataType.FLOAT, 1, CHANNELS, 1, 1));
    SDVariable beta = sd.var(name + "_b", Nd4j.zeros(DataType.FLOAT, 1, CHANNELS, 1, 1));
    SDVariable scale = sd.math().rsqrt(variance.add(1e-5)).mul(gamma);
    return form == Form.PHASE_PRIMITIVES
        ? x.sub(mean).mul(scale).add(beta)
        : x.mul(scale).add(beta.sub(mean.mul(scale)));
  }

  /** A chain of 400 additions of four numbers against one of 100. */
  private static double microsecondsPerOp() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, 4);
    SDVariable h = x;
    for (int i = 1; i <= 400; i++) {
      h = h.add("h" + i, x);
    }
    Map<String, INDArray> in = Map.of("x", Nd4j.ones(DataType.FLOAT, 4));
    List<Double> each = new ArrayList<>();
    for (int r = 0; r < 40; r++) {
      each.add((time(sd, in, "h400") - time(sd, in, "h100")) / 300 * 1000);
    }
    return Measure.median(each);
  }

  private static double time(SameDiff sd, Map<String, INDArray> in, String output) {
    long before = System.nanoTime();
    for (int i = 0; i < 10; i++) {
      sd.output(in, output);
    }
    return (System.nanoTime() - before) / 1e6 / 10;
  }
}
