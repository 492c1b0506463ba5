package org.samediff.pruning.zoo.dl4j;

/**
 * A network, or a setting of it, that has no exact counterpart in SameDiff 1.0.0-M2.1. The message
 * names the layer, its class, what is missing and the remedy. The network is unchanged.
 */
public final class UnsupportedNetworkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String layer;
  private final String type;

  UnsupportedNetworkException(String layer, String type, String message) {
    super(message);
    this.layer = layer;
    this.type = type;
  }

  /** Name of the layer or vertex; empty if the network as a whole is meant. */
  public String layer() {
    return layer;
  }

  /** Simple name of the class that has no counterpart: a layer's, an activation's, a loss's. */
  public String type() {
    return type;
  }
}
