package org.samediff.pruning.importance;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.channels.ChannelAnalysis;
import org.samediff.pruning.channels.ChannelGroup;
import org.samediff.pruning.channels.LeafAxis;
import org.samediff.pruning.graph.HostMemory;

/** Scores channels by their weights alone, without data and listener. */
public final class UnitNorms {
  private UnitNorms() {}

  /**
   * Euclidean norm of each channel's filters over all members of its group, {@code
   * [group][channel]}; biases, gammas and betas do not count. Reduces each array where it is: no
   * temporary is larger than the number of filters.
   */
  public static double[][] l2(SameDiff sd, ChannelAnalysis analysis) {
    double[][] norms = new double[analysis.groups().size()][];
    for (ChannelGroup group : analysis.groups()) {
      norms[group.index()] = l2(sd, group);
    }
    return norms;
  }

  private static double[] l2(SameDiff sd, ChannelGroup group) {
    double[] squares = new double[group.size()];
    for (Map.Entry<LeafAxis, int[][]> e : group.masked().entrySet()) {
      INDArray parameter = sd.getVariable(e.getKey().variable()).getArr();
      if (parameter.rank() < 2) {
        continue; // biases, gammas and betas
      }
      int axis = e.getKey().axis();
      double[] along = squaresAlong(parameter, axis);
      for (int c = 0; c < squares.length; c++) {
        for (int i : e.getValue()[c]) {
          squares[c] += along[i];
        }
      }
    }
    for (int c = 0; c < squares.length; c++) {
      squares[c] = Math.sqrt(squares[c]);
    }
    return squares;
  }

  /** Sums of squares over all other axes. */
  static double[] squaresAlong(INDArray array, int axis) {
    Optional<ByteBuffer> memory = HostMemory.of(array);
    if (memory.isPresent() && axis == array.rank() - 1 && array.dataType() == DataType.FLOAT) {
      return squaresOfColumns(memory.get().asFloatBuffer(), (int) array.size(axis));
    }
    int[] others = IntStream.range(0, array.rank()).filter(d -> d != axis).toArray();
    double[] norms = array.norm2(others).dup('c').data().asDouble();
    return Arrays.stream(norms).map(n -> n * n).toArray();
  }

  private static double[] squaresOfColumns(FloatBuffer rows, int width) {
    double[] sums = new double[width];
    float[] row = new float[width];
    while (rows.remaining() >= width) {
      rows.get(row);
      for (int i = 0; i < width; i++) {
        sums[i] += (double) row[i] * row[i];
      }
    }
    return sums;
  }
}
