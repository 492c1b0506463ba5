package org.samediff.pruning.graph;

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
 * engine's share is in it and the ops add up to the run. Not thread safe.
 */
public final class OpClock extends BaseListener {
  private final SameDiff sd;
  private final Map<String, List<Double>> times = new LinkedHashMap<>();
  private final List<Double> runs = new ArrayList<>();
  private long mark;

  /**
   * A clock for this graph.
   *
   * @param sd is only read, but runs with this listener and no other while {@link #run} lasts
   */
  public OpClock(SameDiff sd) {
    this.sd = sd;
  }

  /** One run. */
  public void run(Map<String, INDArray> inputs, List<String> outputs) {
    List<Listener> own = new ArrayList<>(sd.getListeners());
    sd.setListeners(this);
    long start = System.nanoTime();
    try {
      sd.output(inputs, outputs);
      runs.add((double) (System.nanoTime() - start));
    } finally {
      sd.setListeners(own);
    }
  }

  /** Forgets the runs so far: they were to warm up. */
  public void reset() {
    times.clear();
    runs.clear();
  }

  /**
   * Nanoseconds of each op that was run, by its name: the lower quartile of all runs, which other
   * work on the machine disturbs least.
   */
  public Map<String, Double> nanoseconds() {
    Map<String, Double> result = new LinkedHashMap<>();
    times.forEach((op, all) -> result.put(op, quantile(all, 4)));
    return result;
  }

  /**
   * Nanoseconds of a run, the median, that the ops do not account for: what SameDiff does before
   * the first and behind the last, the garbage collector, and what a median is above lower
   * quartiles.
   */
  public double unaccounted() {
    double ops = nanoseconds().values().stream().mapToDouble(t -> t).sum();
    return Math.max(0, quantile(runs, 2) - ops);
  }

  /** Gives back what the runs have allocated. */
  public void free() {
    sd.getSessions().values().forEach(session -> session.getMmgr().close());
    sd.getSessions().clear();
  }

  /** What one in so many values is below. */
  private static double quantile(List<Double> values, int oneIn) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / oneIn);
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
