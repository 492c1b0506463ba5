package org.samediff.pruning.graph;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * SameDiff's gradient function: the copy of the graph, with its backward part, that {@code fit}
 * executes. Ops that are added to it run in training only and are gone when the graph is copied or
 * saved.
 */
public final class GradientFunction {
  private GradientFunction() {}

  /** The graph's gradient function, made now if it does not exist yet. */
  public static SameDiff of(SameDiff sd) {
    if (sd.getFunction("grad") == null) {
      create(sd);
    }
    return sd.getFunction("grad");
  }

  /**
   * One thread at a time: of two, the second would take the first's silence for the real stream.
   */
  private static synchronized void create(SameDiff sd) {
    PrintStream out = System.out;
    try {
      // createGradFunction prints one line per op to System.out
      System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
      sd.createGradFunction();
    } finally {
      System.setOut(out);
    }
  }

  /**
   * Name, in the gradient function, of the gradient of the loss by this variable or activation;
   * empty when the loss does not depend on it.
   */
  public static Optional<String> gradientOf(SameDiff gradientFunction, String variable) {
    SDVariable v = gradientFunction.getVariable(variable);
    SDVariable gradient = v == null ? null : v.getGradient();
    return Optional.ofNullable(gradient).map(SDVariable::name);
  }
}
