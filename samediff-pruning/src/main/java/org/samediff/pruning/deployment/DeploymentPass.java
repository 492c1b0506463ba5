package org.samediff.pruning.deployment;

import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/** One rewrite of a graph that keeps what its outputs compute in inference. */
interface DeploymentPass {
  /**
   * What a pass may know.
   *
   * @param outputs variables that must keep their names and values
   * @param inputs an array for every placeholder that the outputs need
   * @param shapes of every variable of the graph before the first pass, on these inputs; holds for
   *     the names that are still there
   */
  record Context(List<String> outputs, Map<String, INDArray> inputs, Map<String, long[]> shapes) {
    /** Number of examples in the inputs. */
    long batch() {
      return inputs.values().stream().mapToLong(a -> a.rank() == 0 ? 1 : a.size(0)).max().orElse(1);
    }
  }

  /**
   * The result of a pass.
   *
   * @param graph a new graph, or the old one where nothing was done
   * @param changes number of ops removed or changed
   */
  record Step(SameDiff graph, int changes) {}

  /** Name for reports. */
  String name();

  /** Rewrites; the graph that is passed in is only read, its arrays may be shared. */
  Step apply(SameDiff sd, Context context);
}
