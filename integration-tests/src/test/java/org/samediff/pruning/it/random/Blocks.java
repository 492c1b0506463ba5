package org.samediff.pruning.it.random;

import java.util.List;
import java.util.Map;
import java.util.Random;

/** What networks repeat, written with ordinary layers so that the shrinker can take it apart. */
final class Blocks {
  private final Draft draft;
  private final Random random;

  Blocks(Draft draft, Random random) {
    this.draft = draft;
    this.random = random;
  }

  /** Adds some block behind a map, if one fits. */
  boolean add(int x) {
    if (draft.shape(x).rank() != 4) {
      return false;
    }
    int choice = random.nextInt(9);
    return draft.block(
        () -> {
          switch (choice) {
            case 0 -> residual(x);
            case 1 -> denseNet(x);
            case 2 -> c2f(x);
            case 3 -> shuffleUnit(x);
            case 4 -> uNet(x);
            case 5 -> hrNet(x);
            case 6 -> squeezeByDense(x);
            case 7 -> squeezeByConvolution(x);
            default -> oneChannelGate(x);
          }
        });
  }

  private int conv(int x, int filters, int k, int s) {
    return draft.add(
        "conv2d",
        List.of(x),
        Map.of("filters", filters, "k", k, "s", s, "same", 1, "bias", random.nextInt(2)));
  }

  private int norm(int x) {
    return random.nextInt(3) == 0 ? draft.add("batchnorm", List.of(x), Map.of("op", 0)) : x;
  }

  private int relu(int x) {
    String[] kinds = {"relu", "relu", "swish", "leakyrelu", "sigmoid"};
    return draft.add(kinds[random.nextInt(kinds.length)], x);
  }

  private int channels(int x) {
    return draft.shape(x).channels();
  }

  private int concat(Integer... parts) {
    return draft.add(
        "concat" + parts.length, List.of(parts), Map.of("axis", draft.shape(parts[0]).axis()));
  }

  private int half(int x, int take) {
    return draft.add(
        "split", List.of(x), Map.of("axis", draft.shape(x).axis(), "parts", 2, "take", take));
  }

  private void residual(int x) {
    int h = relu(norm(conv(x, 2 + random.nextInt(5), 3, 1)));
    h = norm(conv(h, channels(x), 3, 1));
    draft.add("add", List.of(h, x), Map.of());
  }

  private void denseNet(int x) {
    int h = x;
    for (int i = 0; i < 2; i++) {
      h = concat(h, relu(conv(norm(h), 1 + random.nextInt(4), 3, 1)));
    }
  }

  private void c2f(int x) {
    int h = conv(x, 2 * (1 + random.nextInt(3)), 1, 1);
    int left = half(h, 0);
    int right = half(h, 1);
    int inner = relu(conv(right, channels(right), 3, 1));
    if (random.nextBoolean()) {
      inner = draft.add("add", List.of(inner, right), Map.of());
    }
    conv(concat(left, right, inner), 2 + random.nextInt(5), 1, 1);
  }

  private void shuffleUnit(int x) {
    int even = channels(x) % 2 == 0 ? x : conv(x, 4, 1, 1);
    int left = half(even, 0);
    int right = half(even, 1);
    int h = relu(conv(right, channels(right), 1, 1));
    h = draft.add("depthwise", List.of(h), Map.of("k", 3, "s", 1, "same", 1, "mult", 1, "bias", 0));
    h = conv(h, channels(right), 1, 1);
    int joined = concat(left, h);
    draft.add("shuffle", List.of(joined), Map.of("groups", 2));
  }

  private void uNet(int x) {
    int down =
        random.nextBoolean()
            ? conv(x, 2 + random.nextInt(4), 3, 2)
            : draft.add("maxpool", List.of(x), Map.of("k", 2, "s", 2, "same", 1));
    int deep = relu(conv(down, 2 + random.nextInt(4), 3, 1));
    int up =
        random.nextBoolean()
            ? draft.add("upsample", List.of(deep), Map.of("h", 2, "w", 2))
            : draft.add(
                "deconv2d",
                List.of(deep),
                Map.of("filters", 1 + random.nextInt(4), "k", 2, "s", 2, "same", 1, "bias", 1));
    conv(concat(x, up), 2 + random.nextInt(4), 3, 1);
  }

  private void hrNet(int x) {
    int high = conv(x, 2 + random.nextInt(3), 3, 1);
    int low = conv(x, 2 + random.nextInt(3), 3, 2);
    int raised =
        draft.add("upsample", List.of(conv(low, channels(high), 1, 1)), Map.of("h", 2, "w", 2));
    int lowered = conv(high, channels(low), 3, 2);
    int highOut = relu(draft.add("add", List.of(high, raised), Map.of()));
    int lowOut = relu(draft.add("add", List.of(low, lowered), Map.of()));
    int again = draft.add("upsample", List.of(lowOut), Map.of("h", 2, "w", 2));
    concat(highOut, again);
  }

  private void squeezeByDense(int x) {
    int h = draft.add("reduce", List.of(x), Map.of("op", 0, "over", 1, "keep", 0));
    h = draft.add("dense", List.of(h), Map.of("units", 1 + random.nextInt(4), "bias", 1));
    h = draft.add("dense", List.of(relu(h)), Map.of("units", channels(x), "bias", 1));
    h = draft.add("sigmoid", h);
    int last = draft.shape(x).last() ? 1 : 0;
    h = draft.add("unflatten", List.of(h), Map.of("by", 1, "last", last));
    draft.add("mul", List.of(x, h), Map.of());
  }

  private void squeezeByConvolution(int x) {
    int h = draft.add("reduce", List.of(x), Map.of("op", 0, "over", 1, "keep", 1));
    h = conv(relu(conv(h, 1 + random.nextInt(4), 1, 1)), channels(x), 1, 1);
    draft.add("mul", List.of(x, draft.add("sigmoid", h)), Map.of());
  }

  private void oneChannelGate(int x) {
    int gate = draft.add("sigmoid", conv(x, 1, 1 + 2 * random.nextInt(2), 1));
    draft.add("mul", List.of(x, gate), Map.of());
  }
}
