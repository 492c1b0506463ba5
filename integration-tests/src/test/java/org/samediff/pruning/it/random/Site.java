package org.samediff.pruning.it.random;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Where a layer's ops are added: the graph so far, the layer, what it reads, and a source of
 * weights that are neither tiny nor special. A weight's values depend on the graph's seed and the
 * weight's name and shape alone, in every precision the same.
 */
record Site(
    SameDiff sd,
    DataType type,
    long seed,
    int index,
    Layer layer,
    List<SDVariable> in,
    List<Shape> shapes,
    Map<String, SDVariable[]> several) {
  SDVariable x() {
    return in.get(0);
  }

  Shape shape() {
    return shapes.get(0);
  }

  int get(String param) {
    return layer.get(param);
  }

  boolean is(String param) {
    return layer.is(param);
  }

  /** A name for something that belongs to this layer. */
  String name(String suffix) {
    return "v" + index + "_" + suffix;
  }

  /** A trainable weight of mean square {@code 1 / fan}; shared with another layer if it says so. */
  SDVariable weight(String suffix, double fan, long... shape) {
    String owner =
        layer.params().containsKey(Layer.SHARE)
            ? "v" + layer.get(Layer.SHARE) + "_" + suffix
            : name(suffix);
    if (sd.hasVariable(owner)) {
      return sd.getVariable(owner);
    }
    INDArray values = spread(owner, 0.3, 1, shape).muli(Math.sqrt(2 / fan));
    return is("const") ? sd.constant(owner, values) : sd.var(owner, values);
  }

  /** A trainable scale: magnitude in [0.5, 1.5], of either sign. */
  SDVariable scale(String suffix, long... shape) {
    return sd.var(name(suffix), spread(name(suffix), 0.5, 1.5, shape));
  }

  /** A trainable shift. */
  SDVariable shift(String suffix, long... shape) {
    return sd.var(name(suffix), spread(name(suffix), 0.1, 0.5, shape));
  }

  /** A constant of either sign. */
  SDVariable constant(String suffix, long... shape) {
    return sd.constant(name(suffix), spread(name(suffix), 0.1, 0.5, shape));
  }

  /** A positive constant in [0.5, 2]. */
  SDVariable positive(String suffix, long... shape) {
    return sd.constant(name(suffix), Nd4j.math.abs(spread(name(suffix), 0.5, 2, shape)));
  }

  /** Values of this magnitude, either sign. */
  INDArray spread(String name, double least, double most, long... shape) {
    Random random = new Random(seed * 31 + name.hashCode());
    long length = 1;
    for (long d : shape) {
      length *= d;
    }
    double[] values = new double[(int) length];
    for (int i = 0; i < values.length; i++) {
      double magnitude = least + (most - least) * random.nextDouble();
      values[i] = random.nextBoolean() ? magnitude : -magnitude;
    }
    return Nd4j.createFromArray(values).castTo(type).reshape('c', shape).dup('c');
  }

  /** An op with several outputs, made once however many layers take a part of it. */
  SDVariable[] once(String what, Supplier<SDVariable[]> op) {
    return several.computeIfAbsent(what + layer.inputs(), k -> op.get());
  }

  /** The same site with another input, for layers of several ops. */
  Site reading(SDVariable x) {
    return new Site(sd, type, seed, index, layer, List.of(x), shapes, several);
  }
}
