package org.samediff.pruning.graph;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Copies ND4J objects field by field. {@code SameDiff.dup()} goes through FlatBuffers instead, and
 * loses whatever an op class does not write (weights formats, batch-norm axes, the bias flag of a
 * variance); a field cannot be lost here.
 */
final class FieldCopy {
  /** What an op holds only while it is executed, or looks up again by name. */
  private static final Set<String> TRANSIENT =
      Set.of(
          "x",
          "y",
          "z",
          "inputArguments",
          "outputArguments",
          "outputVariables",
          "outputShapes",
          "extraArgz");

  private FieldCopy() {}

  /** A copy of the op that belongs to {@code target}; configuration objects are copied as well. */
  static DifferentialFunction op(DifferentialFunction op, SameDiff target) {
    return (DifferentialFunction) copy(op, target);
  }

  /** A copy of a plain object: collections are new, their elements shared. */
  static <T> T plain(T object) {
    @SuppressWarnings("unchecked")
    T copy = (T) copy(object, null);
    return copy;
  }

  private static Object copy(Object source, SameDiff target) {
    Object result = newInstance(source.getClass());
    for (Class<?> c = source.getClass(); c != Object.class; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (Modifier.isStatic(field.getModifiers())) {
          continue;
        }
        try {
          field.setAccessible(true);
          field.set(result, value(field, field.get(source), target));
        } catch (IllegalAccessException e) {
          throw new IllegalStateException(
              "cannot copy field " + field + " of " + source.getClass().getName(), e);
        }
      }
    }
    return result;
  }

  private static Object value(Field field, Object value, SameDiff target) {
    if (target != null && TRANSIENT.contains(field.getName())) {
      return value instanceof List ? new ArrayList<>() : null;
    }
    if (value == null || value instanceof Enum || value instanceof String) {
      return value;
    }
    if (value instanceof SameDiff) {
      return target;
    }
    if (value instanceof SDVariable variable) {
      return target == null ? variable : target.getVariable(variable.name());
    }
    if (value instanceof SDVariable[] variables) {
      SDVariable[] mapped = new SDVariable[variables.length];
      for (int i = 0; i < mapped.length; i++) {
        mapped[i] = (SDVariable) value(field, variables[i], target);
      }
      return mapped;
    }
    if (value instanceof INDArray array) {
      return array.dup(array.ordering());
    }
    if (value instanceof List<?> list) {
      return new ArrayList<>(list);
    }
    if (value instanceof Map<?, ?> map) {
      return new LinkedHashMap<>(map);
    }
    if (value.getClass().isArray()) {
      int length = Array.getLength(value);
      Object array = Array.newInstance(value.getClass().getComponentType(), length);
      System.arraycopy(value, 0, array, 0, length);
      return array;
    }
    if (value.getClass().getSimpleName().endsWith("Config")) {
      return copy(value, target);
    }
    return value;
  }

  private static Object newInstance(Class<?> type) {
    try {
      Constructor<?> constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return constructor.newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          type.getName()
              + " has no constructor without arguments; ND4J could not load such an op from a file"
              + " either",
          e);
    }
  }
}
