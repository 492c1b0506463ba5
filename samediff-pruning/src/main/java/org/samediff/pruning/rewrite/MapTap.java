package org.samediff.pruning.rewrite;

import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.impl.shape.ShapeN;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.graph.GradientFunction;

/**
 * A place in the gradient function where a map and the gradient by it can be seen together.
 *
 * <p>Before: the map A and dL/dA, which SameDiff keeps no longer than its own ops need them. After:
 * beside them an op that reads both, and whose two outputs, their shapes, cost nothing: when a
 * listener is told that it has been executed, its inputs are both there. Everything else is as it
 * was. A tap runs in steps that ask for an output that needs it ({@link #output}), in training
 * only, and is gone when the graph is copied or saved.
 */
public final class MapTap {
  private MapTap() {}

  /**
   * Adds the tap at a site unless it is there.
   *
   * @return name of the op's first output; its inputs are the map and the gradient
   * @throws PruningException NOTHING_TO_PRUNE if the loss does not depend on the map
   */
  public static String insert(SameDiff gradientFunction, ScoreSite site) {
    String name = ReservedNames.tap(site.layer(), 0);
    if (!gradientFunction.hasVariable(name)) {
      String gradient =
          GradientFunction.gradientOf(gradientFunction, site.map())
              .orElseThrow(
                  () ->
                      new PruningException(
                          PruningException.Code.NOTHING_TO_PRUNE,
                          "layer \""
                              + site.layer()
                              + "\": the loss does not depend on its output; list it in ignoredLayers"));
      SDVariable[] both = {
        gradientFunction.getVariable(site.map()), gradientFunction.getVariable(gradient)
      };
      SDVariable[] shapes = new ShapeN(gradientFunction, both, false).outputVariables();
      for (int i = 0; i < shapes.length; i++) {
        gradientFunction.updateVariableNameAndReference(
            shapes[i], ReservedNames.tap(site.layer(), i));
      }
    }
    return name;
  }

  /**
   * Adds an output that has these taps run, one for all: SameDiff copies its map of all variables
   * for each output that it is asked for, at each step.
   *
   * @param number of this set of taps in the gradient function
   * @return the output's name
   */
  public static String output(SameDiff gradientFunction, List<String> taps, int number) {
    if (taps.size() == 1) {
      return taps.get(0);
    }
    String name = ReservedNames.taps(number);
    if (!gradientFunction.hasVariable(name)) {
      gradientFunction.concat(
          name, 0, taps.stream().map(gradientFunction::getVariable).toArray(SDVariable[]::new));
    }
    return name;
  }
}
