package org.samediff.pruning.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The soak in short: memory is back where it was after each of three rounds. */
class SoakTest {
  @Test
  void memoryComesBack() throws Exception {
    String last =
        Children.run(Soak.class, List.of(), Map.of("OMP_NUM_THREADS", "1"), "3", "100", "8");
    JsonNode json = new ObjectMapper().readTree(last);

    assertThat(json.get("heap_mb_after_each")).hasSize(3);
    assertThat(json.get("heap_growth_mb").asDouble()).as(last).isLessThan(8);
    // the JIT and allocator arenas still grow at this age
    assertThat(json.get("resident_growth_mb").asDouble()).as(last).isLessThan(150);
  }
}
