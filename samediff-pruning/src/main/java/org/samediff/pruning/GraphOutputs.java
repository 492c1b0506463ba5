package org.samediff.pruning;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.graph.GraphView;

/** What a user may ask a graph for. */
final class GraphOutputs {
  private GraphOutputs() {}

  /**
   * What no op reads, the losses, what the user declared as outputs, and what the losses are
   * computed from.
   */
  static List<String> of(SameDiff sd, GraphView view) {
    List<String> outputs = new ArrayList<>(view.leaves());
    view.lossVariables().stream().filter(l -> !outputs.contains(l)).forEach(outputs::add);
    List<String> declared = sd.outputs();
    if (declared != null) {
      declared.stream().filter(o -> view.has(o) && !outputs.contains(o)).forEach(outputs::add);
    }
    for (String loss : view.lossVariables()) {
      view.producer(loss).stream()
          .flatMap(op -> op.inputs().stream())
          .filter(in -> view.producer(in).isPresent() && !outputs.contains(in))
          .forEach(outputs::add);
    }
    return outputs;
  }
}
