package org.samediff.pruning.graph;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Times each op of plain runs of a graph: from the end of the op before to its own end, so that the
 * engine's share is in it and the ops add up to the run.
 */
public final class OpClock extends BaseListener {
  private static final int WARM_UP = 2;
  private static final int LEAST_RUNS = 5;
  private static final int MOST_RUNS = 40;

  private final Map<String, List<Double>> times = new LinkedHashMap<>();
  private long mark;

  private OpClock() {}

  /**
   * Nanoseconds of each op that the outputs need, by its name: the lower quartile of at least five
   * runs, which other work on the machine disturbs least.
   *
   * @param budget no further run begins once this has passed
   */
  public static Map<String, Double> nanoseconds(
      SameDiff sd, Map<String, INDArray> inputs, List<String> outputs, Duration budget) {
    OpClock clock = new OpClock();
    List<Listener> own = new ArrayList<>(sd.getListeners());
    sd.setListeners(clock);
    try {
      long end = System.nanoTime() + budget.toNanos();
      for (int run = -WARM_UP; run < MOST_RUNS; run++) {
        if (run >= LEAST_RUNS && System.nanoTime() > end) {
          break;
        }
        sd.output(inputs, outputs);
        if (run < 0) {
          clock.times.clear();
        }
      }
    } finally {
      sd.setListeners(own);
      sd.getSessions().values().forEach(session -> session.getMmgr().close());
      sd.getSessions().clear();
    }
    Map<String, Double> result = new LinkedHashMap<>();
    clock.times.forEach((op, all) -> result.put(op, lowerQuartile(all)));
    return result;
  }

  private static double lowerQuartile(List<Double> values) {
    Collections.sort(values);
    return values.get(values.size() / 4);
  }

  @Override
  public boolean isActive(Operation operation) {
    return true;
  }

  @Override
  public void operationStart(SameDiff sd, Operation operation) {
    mark = System.nanoTime();
  }

  @Override
  public void opExecution(
      SameDiff sd, At at, MultiDataSet batch, SameDiffOp op, OpContext context, INDArray[] out) {
    double time = System.nanoTime() - mark;
    times.computeIfAbsent(op.getName(), name -> new ArrayList<>()).add(time);
    mark = System.nanoTime();
  }
}
