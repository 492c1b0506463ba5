package org.samediff.pruning.deployment;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.samediff.pruning.channels.Activations;
import org.samediff.pruning.graph.GraphCopy;
import org.samediff.pruning.graph.GraphView;
import org.samediff.pruning.graph.OpAttributes;

/**
 * Before: convolutions and pools over NCHW maps. After: over NHWC maps, with a permutation where
 * maps enter and where an op needs them as they were (a flatten, a reduction). Inputs and outputs
 * of the graph keep their layout. On CPUs with oneDNN the convolutions are faster so, the first one
 * by far; see docs/performance.md.
 *
 * <p>Conditions: at least two convolutions for each permutation; else nothing is done.
 */
final class ChannelsLast implements DeploymentPass {
  /** Op type to the integer argument that says NHWC. */
  private static final Map<String, Integer> LAYOUT_ARGUMENT =
      Map.of("conv2d", 9, "depthwise_conv2d", 9, "maxpool2d", 10, "avgpool2d", 10);

  private static final Set<String> BINARY =
      Set.of("add", "subtract", "multiply", "maximum", "minimum", "mergeadd");

  private static final Set<String> UNARY = Set.of("sigmoid", "hard_sigmoid", "softplus", "relu6");

  @Override
  public String name() {
    return "maps in NHWC layout";
  }

  @Override
  public Step apply(SameDiff sd, Context context) {
    Plan plan = new Plan(GraphView.of(sd), context);
    int convolutions =
        (int) plan.layoutOps.values().stream().filter(t -> t.contains("conv")).count();
    if (convolutions < 2 * plan.permutations()) {
      return new Step(sd, 0);
    }
    SameDiff copy = GraphCopy.from(sd).arrays((name, a) -> a).build();
    plan.apply(copy);
    return new Step(copy, plan.layoutOps.size());
  }

  /** Which activations are in NHWC, and where permutations go. */
  private static final class Plan {
    private final GraphView view;
    private final Map<String, long[]> shapes;
    private final Set<String> last = new HashSet<>();

    /** Name to type of the ops that change their layout. */
    private final Map<String, String> layoutOps = new LinkedHashMap<>();

    /** Read in NHWC by an op, held in NCHW. */
    private final Set<String> toLast = new HashSet<>();

    /** Read in NCHW by an op, held in NHWC. */
    private final Set<String> toFirst = new HashSet<>();

    Plan(GraphView view, Context context) {
      this.view = view;
      shapes = context.shapes();
      for (GraphView.Op op : view.ops()) {
        boolean isOutput = op.outputs().stream().anyMatch(context.outputs()::contains);
        if (!isOutput && switches(op)) {
          layoutOps.put(op.name(), op.type());
          last.addAll(op.outputs());
          if (!last.contains(op.input(0))) {
            toLast.add(op.input(0));
          }
        } else if (!isOutput && carries(op)) {
          last.addAll(op.outputs());
        } else {
          op.inputs().stream().filter(last::contains).forEach(toFirst::add);
        }
      }
    }

    int permutations() {
      return toLast.size() + toFirst.size();
    }

    private boolean switches(GraphView.Op op) {
      Integer index = LAYOUT_ARGUMENT.get(op.type());
      return index != null
          && op.function() instanceof DynamicCustomOp function
          && function.iArgs().length > index
          && function.iArgs()[index] == 0
          && !view.variable(op.input(0)).stored()
          && (op.type().contains("conv") || last.contains(op.input(0)));
    }

    /** Elementwise on maps that are all in NHWC. */
    private boolean carries(GraphView.Op op) {
      boolean unary =
          op.inputs().size() == 1
              && (Activations.ZERO_PRESERVING.contains(op.type()) || UNARY.contains(op.type()));
      boolean elementwise = unary || BINARY.contains(op.type());
      return elementwise
          && op.inputs().stream()
              .allMatch(
                  i -> last.contains(i) && Arrays.equals(shapes.get(i), shapes.get(op.output())));
    }

    void apply(SameDiff sd) {
      Map<String, SDVariable> asLast = new HashMap<>();
      Map<String, SDVariable> asFirst = new HashMap<>();
      for (GraphView.Op op : view.ops()) {
        if (layoutOps.containsKey(op.name())) {
          OpAttributes.setChannelsLast(sd, op.name(), LAYOUT_ARGUMENT.get(op.type()));
        }
        for (int i = 0; i < op.inputs().size(); i++) {
          String in = op.input(i);
          boolean wantsLast =
              layoutOps.containsKey(op.name()) ? i == 0 : last.contains(op.output());
          if (wantsLast && !last.contains(in)) {
            replace(
                sd, op, i, asLast.computeIfAbsent(in, n -> permuted(sd, n, "nhwc", 0, 2, 3, 1)));
          } else if (!wantsLast && last.contains(in)) {
            replace(
                sd, op, i, asFirst.computeIfAbsent(in, n -> permuted(sd, n, "nchw", 0, 3, 1, 2)));
          }
        }
      }
    }

    private static void replace(SameDiff sd, GraphView.Op op, int input, SDVariable by) {
      sd.replaceArgFor(input, by, sd.getOps().get(op.name()).getOp());
    }

    private static SDVariable permuted(SameDiff sd, String of, String suffix, int... axes) {
      return sd.permute(of + "/" + suffix, sd.getVariable(of), axes);
    }
  }
}
