package org.samediff.pruning.zoo.run;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.PrunedGraph;

/** Who looks on while a network is pruned. */
public interface RunWatch {
  /** Nobody. */
  RunWatch NONE = (pruned, accuracy) -> List.of();

  /**
   * Called once, before the first step.
   *
   * @param accuracy of a graph with the network's names, on the test images
   * @return listeners to stand behind the run's own
   */
  List<Listener> begin(PrunedGraph pruned, ToDoubleFunction<SameDiff> accuracy);
}
