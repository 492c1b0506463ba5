package org.samediff.pruning.it.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.samediff.pruning.PruningCheck;
import org.samediff.pruning.PruningCheck.Score;
import org.samediff.pruning.Verdict;
import org.samediff.pruning.graph.GraphText;

/** {@link PruningCheck} on graphs nobody has seen: it always answers, and changes nothing. */
class PruningCheckOnRandomGraphsTest {
  private static final long FIRST = Long.getLong("check.first", 50_000);
  private static final int GRAPHS = Integer.getInteger("check.graphs", 60);

  @Test
  void everyGraphGetsAVerdictThatIsNoFaultAndStaysAsItWas() {
    Map<String, Integer> counts = new TreeMap<>();
    List<String> faults = new ArrayList<>();
    int inDouble = 0;
    for (long seed = FIRST; seed < FIRST + GRAPHS; seed++) {
      GraphSpec spec = Generator.generate(seed);
      SameDiff sd = GraphBuilder.build(spec, DataType.FLOAT);
      String digest = GraphText.digest(sd);
      PruningCheck.Options options =
          PruningCheck.Options.of(0.5)
              .withScore(seed % 2 == 0 ? Score.L2 : Score.RANDOM)
              .withAllowInexact(seed % 3 == 0)
              .withSeed(seed);

      Verdict verdict = PruningCheck.of(sd, options);

      assertThat(GraphText.digest(sd)).as("seed %d:%n%s", seed, spec).isEqualTo(digest);
      counts.merge(verdict.getClass().getSimpleName(), 1, Integer::sum);
      if (verdict instanceof Verdict.Different
          || verdict.toString().contains("not compared in double")) {
        faults.add("seed " + seed + ": " + verdict + spec);
      }
      if (verdict instanceof Verdict.Equal equal
          && equal.figures().doublePrecision().inference().isPresent()) {
        inDouble++;
      }
    }
    assertThat(faults).as("%s", counts).isEmpty();
    assertThat(inDouble).as("%s", counts).isGreaterThan(GRAPHS / 4);
  }
}
