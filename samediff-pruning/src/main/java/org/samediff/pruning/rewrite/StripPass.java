package org.samediff.pruning.rewrite;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.ops.GradientMask;

/**
 * Takes masks out again.
 *
 * <p>Before: {@code conv2d(x, W')} with {@code W' = identity_n(W, mask)}. After: {@code conv2d(x,
 * W)}. Needs nothing but the graph: everything of this library's is named under {@link
 * ReservedNames#PREFIX}.
 */
public final class StripPass {
  private StripPass() {}

  /** A copy without masks, not built yet, so that the caller can change arrays as well. */
  public static GraphCopy from(SameDiff sd) {
    Map<String, String> behindMask = new HashMap<>();
    for (GraphView.Op op : GraphView.of(sd).ops()) {
      if (op.type().equals(GradientMask.OP_NAME) && ReservedNames.isOurs(op.output())) {
        int parameters = GradientMask.parameterCount((DynamicCustomOp) op.function());
        for (int i = 0; i < parameters; i++) {
          // topological order: what this mask reads is resolved already if it is masked itself
          String in = op.input(i);
          behindMask.put(op.outputs().get(i), behindMask.getOrDefault(in, in));
        }
      }
    }
    return GraphCopy.from(sd)
        .redirecting(behindMask)
        .dropping(op -> writesOurs(sd, op), ReservedNames::isOurs);
  }

  private static boolean writesOurs(SameDiff sd, String op) {
    return sd.getOps().get(op).getOutputsOfOp().stream().anyMatch(ReservedNames::isOurs);
  }
}
