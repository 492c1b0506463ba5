package org.samediff.pruning.deployment;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;

/**
 * Before: a loss, labels, metrics and whatever else no output needs. After: what the outputs need,
 * without TrainingConfig, listeners and updater state.
 *
 * @param ownArrays whether the result gets arrays of its own
 */
record UnusedOps(boolean ownArrays) implements DeploymentPass {
  @Override
  public String name() {
    return "unused ops removed";
  }

  @Override
  public Step apply(SameDiff sd, Context context) {
    GraphView view = GraphView.of(sd);
    Set<String> needed = new HashSet<>(context.outputs());
    Set<String> ops = new HashSet<>();
    List<GraphView.Op> order = view.ops();
    for (int i = order.size() - 1; i >= 0; i--) {
      GraphView.Op op = order.get(i);
      if (op.outputs().stream().anyMatch(needed::contains)) {
        ops.add(op.name());
        needed.addAll(op.outputs());
        needed.addAll(op.inputs());
      }
    }
    SameDiff result =
        GraphCopy.from(sd)
            .withoutTraining()
            .dropping(op -> !ops.contains(op), v -> !needed.contains(v))
            .arrays((name, a) -> ownArrays ? a.dup(a.ordering()) : a)
            .build();
    return new Step(result, order.size() - ops.size());
  }
}
