package org.samediff.pruning.it.families;

import java.util.function.Consumer;

/**
 * A kind of network.
 *
 * @param name what it is called
 * @param network writes a small one
 * @param expected one line for each group that must come out: its size and the convolutions whose
 *     filters it holds; then one line for each convolution that keeps filters, with the reason
 */
record Family(String name, Consumer<Sketch> network, String expected) {
  static Family of(String name, Consumer<Sketch> network, String expected) {
    return new Family(name, network, expected);
  }

  @Override
  public String toString() {
    return name;
  }
}
