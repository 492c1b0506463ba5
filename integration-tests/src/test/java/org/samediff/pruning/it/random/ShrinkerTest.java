package org.samediff.pruning.it.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
  /** Some value passes a convolution, anything, and then the kind. */
  private static boolean behindConvolution(GraphSpec spec, String kind) {
    boolean[] behind = new boolean[spec.values()];
    for (int v = spec.inputs().size(); v < spec.values(); v++) {
      Layer layer = spec.layer(v);
      behind[v] = layer.kind().equals("conv2d") && layer.get("filters") >= 3;
      for (int i : layer.inputs()) {
        behind[v] |= behind[i];
        if (behind[i] && layer.kind().equals(kind)) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void aPlantedFailureShrinksToItsMinimum() {
    Predicate<GraphSpec> fails = spec -> behindConvolution(spec, "softplus");
    int found = 0;
    for (long seed = 0; found < 10; seed++) {
      GraphSpec spec = Generator.generate(seed);
      if (fails.test(spec)) {
        found++;
        GraphSpec smallest = Shrinker.shrink(spec, fails, 10_000);
        assertThat(smallest.inputs()).as("from %s", spec).hasSize(1);
        assertThat(smallest.inputs().get(0).elements()).as("from %s", spec).isEqualTo(1);
        assertThat(smallest.end()).isEmpty();
        assertThat(smallest.layers().stream().map(Layer::toString))
            .as("from %s", spec)
            .satisfiesExactly(
                conv -> assertThat(conv).matches("conv2d\\(0\\).* filters=3 k=1( pad=0)? s=1 .*"),
                softplus -> assertThat(softplus).isEqualTo("softplus(1)"));
      }
    }
  }

  @Test
  void everyCandidateIsValidAndSmaller() {
    for (long seed = 0; seed < 200; seed++) {
      GraphSpec spec = Generator.generate(seed);
      for (GraphSpec candidate : Shrinker.candidates(spec)) {
        assertThat(candidate.valid()).as("%s of %s", candidate, spec).isTrue();
        assertThat(size(candidate)).as("%s of %s", candidate, spec).isLessThan(size(spec));
      }
    }
  }

  private static long size(GraphSpec spec) {
    long size =
        spec.inputs().stream().mapToLong(s -> s.dims().stream().mapToInt(d -> d).sum()).sum();
    for (Layer layer : spec.layers()) {
      size += 1000 + layer.params().values().stream().mapToInt(p -> 1 + p).sum();
    }
    return size + spec.end().map(e -> 10_000L + 1000L * e.value() + e.classes()).orElse(0L);
  }
}
