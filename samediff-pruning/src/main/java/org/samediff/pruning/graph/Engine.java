package org.samediff.pruning.graph;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.GradientUpdater;

/** The corners of SameDiff 1.0.0-M2.1 that have no public door, all in one place. */
final class Engine {
  private static final String GRADIENT_FUNCTION = "grad";

  private Engine() {}

  static void copyOutputs(SameDiff source, SameDiff target) {
    set(target, "outputs", get(source, "outputs"));
  }

  @SuppressWarnings("unchecked")
  static void copySubFunctions(SameDiff source, SameDiff target, UnaryOperator<SameDiff> copyOf) {
    Map<String, SameDiff> functions =
        (Map<String, SameDiff>) get(source, "sameDiffFunctionInstances");
    functions.forEach(
        (name, function) -> {
          if (!name.equals(GRADIENT_FUNCTION)) {
            target.putSubFunction(name, copyOf.apply(function));
          }
        });
  }

  /** Gives the target, whose TrainingConfig is set, the source's updater state. */
  static void copyUpdaterState(
      SameDiff source, SameDiff target, BiFunction<String, INDArray, INDArray> stateOf) {
    initializeTraining(target);
    source
        .getUpdaterMap()
        .forEach(
            (parameter, updater) -> {
              if (target.getUpdaterMap().containsKey(parameter)) {
                target
                    .getUpdaterMap()
                    .put(parameter, copyUpdater(source, target, parameter, updater, stateOf));
              }
            });
  }

  private static GradientUpdater<?> copyUpdater(
      SameDiff source,
      SameDiff target,
      String parameter,
      GradientUpdater<?> updater,
      BiFunction<String, INDArray, INDArray> stateOf) {
    long[] shape = source.getVariable(parameter).getArr().shape();
    Map<String, INDArray> copied = new LinkedHashMap<>();
    updater
        .getState()
        .forEach(
            (key, array) ->
                copied.put(
                    key,
                    Arrays.equals(array.shape(), shape)
                        ? stateOf.apply(parameter, array)
                        : array.dup(array.ordering())));
    return target.getTrainingConfig().getUpdater().instantiate(copied, false);
  }

  static void initializeTraining(SameDiff sd) {
    try {
      Method method = SameDiff.class.getDeclaredMethod("initializeTraining");
      method.setAccessible(true);
      method.invoke(sd);
    } catch (ReflectiveOperationException e) {
      throw unknownVersion("initializeTraining", e);
    }
  }

  private static Object get(SameDiff sd, String name) {
    try {
      return field(name).get(sd);
    } catch (ReflectiveOperationException e) {
      throw unknownVersion(name, e);
    }
  }

  private static void set(SameDiff sd, String name, Object value) {
    try {
      field(name).set(sd, value);
    } catch (ReflectiveOperationException e) {
      throw unknownVersion(name, e);
    }
  }

  private static Field field(String name) throws NoSuchFieldException {
    Field field = SameDiff.class.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  private static IllegalStateException unknownVersion(String member, Exception cause) {
    return new IllegalStateException(
        "SameDiff." + member + " cannot be reached; this library needs nd4j 1.0.0-M2.1", cause);
  }
}
