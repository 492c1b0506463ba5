package org.samediff.pruning;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.samediff.pruning.error.PruningException;

/** The plan reader on any text: a plan, or its one exception; see {@code ModelFuzzTest}. */
class PlanFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void plan(byte[] file) {
    try {
      PruningPlan.fromJson(new String(file, StandardCharsets.UTF_8)).toJson();
    } catch (PruningException refused) {
      // as it should be
    }
  }
}
