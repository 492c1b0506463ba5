package org.samediff.pruning.deployment;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.Probe;
import org.samediff.pruning.graph.RandomNumbers;

/**
 * Before: {@code rsqrt(variance + eps) * gamma}, all stored. After: one constant of the same name.
 * Ops that draw numbers, and ops that write an output of the graph, stay.
 */
final class ConstantFolding implements DeploymentPass {
  @Override
  public String name() {
    return "constants computed";
  }

  @Override
  public Step apply(SameDiff sd, Context context) {
    GraphView view = GraphView.of(sd);
    Set<String> random = RandomNumbers.behind(view);
    Set<String> known = new HashSet<>();
    view.variables().forEach(v -> known.addAll(v.stored() ? List.of(v.name()) : List.of()));
    Set<String> ops = new HashSet<>();
    Set<String> folded = new HashSet<>();
    for (GraphView.Op op : view.ops()) {
      boolean constant =
          !op.inputs().isEmpty()
              && known.containsAll(op.inputs())
              && op.outputs().stream()
                  .noneMatch(o -> random.contains(o) || context.outputs().contains(o));
      if (constant) {
        ops.add(op.name());
        folded.addAll(op.outputs());
        known.addAll(op.outputs());
      }
    }
    if (ops.isEmpty()) {
      return new Step(sd, 0);
    }
    Set<String> read = new LinkedHashSet<>();
    for (GraphView.Op op : view.ops()) {
      if (!ops.contains(op.name())) {
        op.inputs().stream().filter(folded::contains).forEach(read::add);
      }
    }
    Map<String, INDArray> values =
        new HashMap<>(Probe.run(sd, context.inputs(), List.copyOf(read)));
    SameDiff result =
        GraphCopy.from(sd)
            .dropping(ops::contains, folded::contains)
            .adding(values)
            .arrays((name, a) -> a)
            .build();
    return new Step(result, ops.size());
  }
}
