package org.samediff.pruning.compaction;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.Fold;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;

/**
 * What cut channels still say to their consumers: behind a shift, a sigmoid or a softplus a masked
 * channel is a constant, not zero, and a convolution or matrix product adds that constant times its
 * weights to every output. Measured, not derived: the masked graph is run once, and each consumer
 * is given an input that is zero but for the cut channels; what comes out, one number per output
 * channel, is what its bias has to take over.
 */
final class DeadConstants {
  private final SameDiff masked;
  private final ChannelAnalysis analysis;
  private final boolean[][] kept;

  DeadConstants(SameDiff masked, ChannelAnalysis analysis, boolean[][] kept) {
    this.masked = masked;
    this.analysis = analysis;
    this.kept = kept;
  }

  /** For each consumer that hears a constant, what it adds to each output channel that stays. */
  Map<Fold, INDArray> measure(Map<String, INDArray> inputs) {
    List<Fold> folds =
        analysis.folds().stream().filter(f -> gone(f.channels()).length > 0).toList();
    Map<Fold, INDArray> biases = new LinkedHashMap<>();
    if (folds.isEmpty()) {
      return biases;
    }
    GraphView view = GraphView.of(masked);
    List<String> wanted = new ArrayList<>();
    for (Fold fold : folds) {
      operands(fold).stream().filter(n -> view.producer(n).isPresent()).forEach(wanted::add);
    }
    Map<String, INDArray> values = Probe.run(masked, inputs, wanted.stream().distinct().toList());
    for (Fold fold : folds) {
      INDArray bias = bias(fold, values, inputs);
      if (bias.amaxNumber().doubleValue() > 0) {
        biases.put(fold, bias);
      }
    }
    values.values().forEach(INDArray::close);
    return biases;
  }

  private List<String> operands(Fold fold) {
    return masked.getOps().get(fold.op()).getInputsToOp().subList(0, fold.inputs());
  }

  private INDArray bias(Fold fold, Map<String, INDArray> values, Map<String, INDArray> inputs) {
    DynamicCustomOp source = (DynamicCustomOp) masked.getOps().get(fold.op()).getOp();
    DynamicCustomOp.DynamicCustomOpsBuilder op =
        DynamicCustomOp.builder(source.opName())
            .addIntegerArguments(Arrays.stream(source.iArgs()).mapToInt(i -> (int) i).toArray())
            .addFloatingPointArguments(Arrays.stream(source.tArgs()).boxed().toArray(Double[]::new))
            .addBooleanArguments(source.bArgs());
    List<String> operands = operands(fold);
    INDArray[] arrays = new INDArray[masked.getOps().get(fold.op()).getInputsToOp().size()];
    for (int i = 0; i < operands.size(); i++) {
      String name = operands.get(i);
      INDArray array =
          values.containsKey(name)
              ? values.get(name)
              : inputs.containsKey(name) ? inputs.get(name) : masked.getVariable(name).getArr();
      arrays[i] = i == fold.input() ? onlyCut(array, fold) : array;
    }
    for (int i = operands.size(); i < arrays.length; i++) {
      // xw_plus_b insists on its bias
      arrays[i] = Nd4j.zeros(arrays[0].dataType(), fold.outputs().length);
    }
    INDArray out = Nd4j.exec(op.addInputs(arrays).build())[0];
    int[] others = IntStream.range(0, out.rank()).filter(d -> d != fold.outputAxis()).toArray();
    INDArray perChannel = others.length == 0 ? out : out.mean(others);
    int[] staying =
        IntStream.range(0, fold.outputs().length).filter(i -> stays(fold.outputs()[i])).toArray();
    double[] all = perChannel.dup('c').data().asDouble();
    double[] left = Arrays.stream(staying).mapToDouble(i -> all[i]).toArray();
    return Nd4j.createFromArray(left).castTo(out.dataType());
  }

  /** A copy with zeros everywhere but at the cut channels. */
  private INDArray onlyCut(INDArray array, Fold fold) {
    long[] shape = new long[array.rank()];
    Arrays.fill(shape, 1);
    shape[fold.axis()] = array.size(fold.axis());
    double[] mask = new double[(int) array.size(fold.axis())];
    for (int i : gone(fold.channels())) {
      mask[i] = 1;
    }
    INDArray factors = Nd4j.createFromArray(mask).castTo(array.dataType()).reshape(shape);
    return array.mul(factors).dup('c');
  }

  private int[] gone(int[][] owners) {
    return IntStream.range(0, owners.length).filter(i -> !stays(owners[i])).toArray();
  }

  private boolean stays(int[] owner) {
    return owner[0] < 0 || kept[owner[0]][owner[1]];
  }
}
