package org.samediff.pruning.graph;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.DynamicCustomOp;

/** Changes attributes of ops in a graph that is being built. */
public final class OpAttributes {
  private OpAttributes() {}

  /**
   * Sets integer argument {@code index} of a native op, and whatever the op class derives from it.
   */
  public static void setIntegerArgument(SameDiff sd, String op, int index, long value) {
    DynamicCustomOp function = (DynamicCustomOp) sd.getOps().get(op).getOp();
    try {
      Field field = DynamicCustomOp.class.getDeclaredField("iArguments");
      field.setAccessible(true);
      @SuppressWarnings("unchecked")
      List<Long> arguments = new ArrayList<>((List<Long>) field.get(function));
      arguments.set(index, value);
      field.set(function, arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "DynamicCustomOp.iArguments cannot be reached; this library needs nd4j 1.0.0-M2.1", e);
    }
    function.configureFromArguments();
  }
}
