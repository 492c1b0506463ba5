package org.samediff.pruning.ops;

import java.lang.reflect.Field;
import java.util.Map;
import org.nd4j.autodiff.functions.DifferentialFunction;
import org.nd4j.imports.converters.DifferentialFunctionClassHolder;
import org.nd4j.imports.converters.ImportClassMapping;
import org.nd4j.linalg.api.ops.CustomOpDescriptor;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tells ND4J which Java class stands for a native op. SameDiff clones every op through FlatBuffers
 * when it makes a gradient function, and the clone is an instance of whatever class the registry
 * names: an op class that brings its own derivative has to be in it.
 *
 * <p>ND4J offers the name map as API; the map from the native hash to the class is private and
 * already filled once any op was used, so it is reached by reflection. Thread safe.
 */
final class OpRegistry {
  private OpRegistry() {}

  /**
   * Makes {@code prototype}'s class the class of the native op {@code nativeName}.
   *
   * @throws IllegalStateException when this ND4J build has no such native op, or keeps its registry
   *     in another shape than 1.0.0-M2.1 does
   */
  static synchronized void register(String nativeName, DifferentialFunction prototype) {
    CustomOpDescriptor descriptor = Nd4j.getExecutioner().getCustomOperations().get(nativeName);
    if (descriptor == null) {
      throw new IllegalStateException(
          "the ND4J backend has no native op \"" + nativeName + "\"; use nd4j 1.0.0-M2.1");
    }
    ImportClassMapping.getOpNameMapping().put(nativeName, prototype);
    Map<Long, Class<?>> byHash = classesByHash();
    if (byHash.containsKey(descriptor.getHash())) {
      byHash.put(descriptor.getHash(), prototype.getClass());
    }
    Class<?> found =
        DifferentialFunctionClassHolder.getInstance()
            .customOpClassForHashAndName(descriptor.getHash(), nativeName);
    if (found != prototype.getClass()) {
      throw new IllegalStateException(
          "ND4J maps the op \""
              + nativeName
              + "\" to "
              + found
              + ", not to "
              + prototype.getClass());
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<Long, Class<?>> classesByHash() {
    try {
      Field field = DifferentialFunctionClassHolder.class.getDeclaredField("customOpHashToClass");
      field.setAccessible(true);
      return (Map<Long, Class<?>>) field.get(DifferentialFunctionClassHolder.getInstance());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "ND4J's op registry has no customOpHashToClass: use nd4j 1.0.0-M2.1", e);
    }
  }
}
