package org.samediff.pruning.graph;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.api.ops.impl.layers.convolution.Conv2D;
import org.nd4j.linalg.api.ops.impl.layers.convolution.DepthwiseConv2D;
import org.nd4j.linalg.api.ops.impl.layers.convolution.MaxPooling2D;
import org.nd4j.linalg.api.ops.impl.layers.convolution.Pooling2D;

/** Changes attributes of ops in a graph that is being built. */
public final class OpAttributes {
  private OpAttributes() {}

  /**
   * Sets integer argument {@code index} of a native op, and whatever the op class derives from it.
   */
  public static void setIntegerArgument(SameDiff sd, String op, int index, long value) {
    DynamicCustomOp function = (DynamicCustomOp) sd.getOps().get(op).getOp();
    set(function, "iArguments", index, value);
    function.configureFromArguments();
  }

  /**
   * Makes a convolution or pool work on NHWC maps.
   *
   * @param index of the integer argument that says so
   */
  public static void setChannelsLast(SameDiff sd, String op, int index) {
    DynamicCustomOp function = (DynamicCustomOp) sd.getOps().get(op).getOp();
    if (function instanceof Conv2D conv && conv.getConfig() != null) {
      conv.getConfig().setDataFormat("NHWC");
    } else if (function instanceof DepthwiseConv2D depthwise && depthwise.getConfig() != null) {
      depthwise.getConfig().setDataFormat("NHWC");
    } else if (function instanceof MaxPooling2D pool && pool.getConfig() != null) {
      pool.getConfig().setNHWC(true);
    } else if (function instanceof Pooling2D pool && pool.getConfig() != null) {
      pool.getConfig().setNHWC(true);
    }
    set(function, "iArguments", index, 1L);
  }

  /**
   * Replaces every type of numbers that an op names: in fields, in its native type arguments, in
   * the type of a scalar operand, and where a few native ops take it as a number.
   */
  static void retype(DifferentialFunction function, UnaryOperator<DataType> typeOf) {
    for (Class<?> c = function.getClass(); c != Object.class; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())) {
          retype(function, field, typeOf);
        }
      }
    }
    if (function instanceof DynamicCustomOp op) {
      retypeArguments(op, typeOf);
    }
  }

  private static void retype(
      DifferentialFunction function, Field field, UnaryOperator<DataType> typeOf) {
    try {
      field.setAccessible(true);
      Object value = field.get(function);
      if (value instanceof DataType type) {
        field.set(function, typeOf.apply(type));
      } else if (value instanceof INDArray array) {
        field.set(function, array.castTo(typeOf.apply(array.dataType())));
      } else if (field.getName().equals("dArguments") && value instanceof List<?> types) {
        field.set(
            function,
            new ArrayList<>(types.stream().map(t -> typeOf.apply((DataType) t)).toList()));
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(
          field + " cannot be reached; this library needs nd4j 1.0.0-M2.1", e);
    }
  }

  /** These write the type's number among their integer or float arguments as well. */
  private static void retypeArguments(DynamicCustomOp op, UnaryOperator<DataType> typeOf) {
    switch (op.opName()) {
      case "cast", "randomuniform" -> retypeInteger(op, 0, typeOf);
      case "create" -> retypeInteger(op, 1, typeOf);
      case "eye" -> {
        if (op.numTArguments() > 0) {
          DataType type = DataType.fromInt(op.getTArgument(0).intValue());
          set(op, "tArguments", 0, (double) typeOf.apply(type).toInt());
        }
      }
      default -> {}
    }
  }

  private static void retypeInteger(DynamicCustomOp op, int index, UnaryOperator<DataType> typeOf) {
    if (op.numIArguments() > index) {
      DataType type = DataType.fromInt(op.getIArgument(index).intValue());
      set(op, "iArguments", index, (long) typeOf.apply(type).toInt());
    }
  }

  private static <T> void set(DynamicCustomOp op, String arguments, int index, T value) {
    try {
      Field field = DynamicCustomOp.class.getDeclaredField(arguments);
      field.setAccessible(true);
      @SuppressWarnings("unchecked")
      List<T> changed = new ArrayList<>((List<T>) field.get(op));
      changed.set(index, value);
      field.set(op, changed);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "DynamicCustomOp." + arguments + " cannot be reached; this library needs nd4j 1.0.0-M2.1",
          e);
    }
  }
}
