package org.samediff.pruning.it.random;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The table of contents: every kind of layer that random graphs are made of. */
final class LayerKinds {
  private static final Map<String, LayerKind> BY_NAME = new LinkedHashMap<>();

  static {
    List<LayerKind> all = new ArrayList<>();
    all.addAll(ConvolutionKinds.all());
    all.addAll(DenseKinds.all());
    all.addAll(NormKinds.all());
    all.addAll(ElementwiseKinds.all());
    all.addAll(MixKinds.all());
    all.addAll(PoolKinds.all());
    all.addAll(ShapeKinds.all());
    all.addAll(SelectKinds.all());
    all.forEach(kind -> BY_NAME.put(kind.name(), kind));
  }

  private LayerKinds() {}

  static Map<String, LayerKind> all() {
    return Collections.unmodifiableMap(BY_NAME);
  }

  /**
   * The kind of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static LayerKind of(String name) {
    LayerKind kind = BY_NAME.get(name);
    if (kind == null) {
      throw new IllegalArgumentException("no kind of layer is called \"" + name + "\"");
    }
    return kind;
  }
}
