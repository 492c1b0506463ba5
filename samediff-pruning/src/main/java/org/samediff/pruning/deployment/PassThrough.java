package org.samediff.pruning.deployment;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;

/**
 * Before: {@code y = identity(x)}, {@code stop_gradient}, {@code identity_n}, a dropout, a cast to
 * the type that x has. After: x. An op that writes an output of the graph stays.
 */
final class PassThrough implements DeploymentPass {
  private static final Set<String> IDENTITIES =
      Set.of(
          "identity", "stop_gradient", "StopGradient", "identity_n", "dropout", "dropout_inverted");

  @Override
  public String name() {
    return "identities removed";
  }

  @Override
  public Step apply(SameDiff sd, Context context) {
    GraphView view = GraphView.of(sd);
    Map<String, String> inputOf = new HashMap<>();
    Set<String> ops = new HashSet<>();
    for (GraphView.Op op : view.ops()) {
      if (passes(view, op) && op.outputs().stream().noneMatch(context.outputs()::contains)) {
        ops.add(op.name());
        for (int i = 0; i < op.outputs().size(); i++) {
          String in = op.input(i);
          inputOf.put(op.outputs().get(i), inputOf.getOrDefault(in, in));
        }
      }
    }
    if (ops.isEmpty()) {
      return new Step(sd, 0);
    }
    SameDiff result =
        GraphCopy.from(sd)
            .redirecting(inputOf)
            .dropping(ops::contains, inputOf::containsKey)
            .arrays((name, a) -> a)
            .build();
    return new Step(result, ops.size());
  }

  private static boolean passes(GraphView view, GraphView.Op op) {
    if (op.inputs().size() < op.outputs().size()) {
      return false;
    }
    boolean sameType =
        op.outputs().size() == 1
            && view.variable(op.input(0)).dtype() == view.variable(op.output()).dtype();
    return IDENTITIES.contains(op.type()) || (op.type().equals("cast") && sameType);
  }
}
