package org.samediff.pruning.graph;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.ScalarOp;

/**
 * A graph as text, the same for the same structure however it was built: variables sorted by name,
 * ops by their whole line, losses last. Weights are not in it.
 *
 * <pre>
 * var c1_W VARIABLE FLOAT [3, 3, 1, 16]
 * op conv2d(x, c1_W) -> c1 i[3, 3, 1, 1, 0, 0, 1, 1, 1, 0, 0]
 * loss loss
 * </pre>
 */
public final class GraphText {
  private GraphText() {}

  /** The text form. */
  public static String of(SameDiff sd) {
    GraphView view = GraphView.of(sd);
    StringBuilder text = new StringBuilder();
    for (GraphView.Var v : view.variables()) {
      if (v.type() != VariableType.ARRAY) {
        text.append(
            String.format(
                "var %s %s %s %s%n", v.name(), v.type(), v.dtype(), Arrays.toString(v.shape())));
      }
    }
    view.ops().stream()
        .map(GraphText::line)
        .sorted()
        .forEach(line -> text.append(line).append('\n'));
    view.lossVariables().forEach(loss -> text.append("loss ").append(loss).append('\n'));
    return text.toString().replace("\r\n", "\n");
  }

  /** SHA-256 of the text form and of every variable's and constant's values, in hexadecimal. */
  public static String digest(SameDiff sd) {
    var hasher = Hashing.sha256().newHasher();
    hasher.putString(of(sd), StandardCharsets.UTF_8);
    StreamSupport.stream(GraphView.of(sd).variables().spliterator(), false)
        .filter(GraphView.Var::stored)
        .forEach(v -> hasher.putBytes(v.array().dup('c').data().asBytes()));
    return hasher.hash().toString();
  }

  private static String line(GraphView.Op op) {
    return String.format(
        "op %s(%s) -> %s%s",
        op.type(),
        String.join(", ", op.inputs()),
        String.join(", ", op.outputs()),
        attributes(op.function()));
  }

  private static String attributes(DifferentialFunction function) {
    StringBuilder text = new StringBuilder();
    if (function instanceof DynamicCustomOp op) {
      append(text, "i", asList(op.iArgs()));
      append(text, "t", Arrays.stream(op.tArgs()).boxed().collect(Collectors.toList()));
      append(text, "b", asList(op.bArgs()));
    } else {
      if (function.getDimensions() != null) {
        append(text, "dims", Arrays.stream(function.getDimensions()).boxed().toList());
      }
      if (function instanceof ScalarOp scalar && scalar.scalar() != null) {
        append(text, "scalar", List.of(scalar.scalar().getDouble(0)));
      }
    }
    return text.toString();
  }

  private static List<?> asList(long[] values) {
    return values == null ? Collections.emptyList() : Arrays.stream(values).boxed().toList();
  }

  private static List<?> asList(boolean[] values) {
    if (values == null) {
      return List.of();
    }
    Boolean[] boxed = new Boolean[values.length];
    for (int i = 0; i < boxed.length; i++) {
      boxed[i] = values[i];
    }
    return Arrays.asList(boxed);
  }

  private static void append(StringBuilder text, String label, List<?> values) {
    if (!values.isEmpty()) {
      text.append(' ').append(label).append(values);
    }
  }
}
