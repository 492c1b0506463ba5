package org.samediff.pruning.it.random;

import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Draws a layer's parameters, one after the other. */
final class Draw {
  private final Random random;
  private final Map<String, Integer> params = new TreeMap<>();

  Draw(Random random) {
    this.random = random;
  }

  /** One of these values. */
  Draw of(String name, int... values) {
    params.put(name, values[random.nextInt(values.length)]);
    return this;
  }

  /** A value from least to most, both included. */
  Draw range(String name, int least, int most) {
    params.put(name, least + random.nextInt(Math.max(1, most - least + 1)));
    return this;
  }

  /** One with this probability, else the parameter is left out, which means zero. */
  Draw rarely(String name, double probability) {
    if (random.nextDouble() < probability) {
      params.put(name, 1);
    }
    return this;
  }

  Map<String, Integer> params() {
    return params;
  }
}
