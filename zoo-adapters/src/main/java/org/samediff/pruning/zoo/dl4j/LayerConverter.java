package org.samediff.pruning.zoo.dl4j;

import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Adds one kind of layer or vertex to a graph. Stateless; one small class or method per kind, all
 * listed in {@link LayerConverters}.
 *
 * @param <T> class of the configuration
 */
interface LayerConverter<T> {
  /** Returns the layer's result; the caller gives it the layer's name. */
  SDVariable convert(T configuration, NodeContext node);
}
