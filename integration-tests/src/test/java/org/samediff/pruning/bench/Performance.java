package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;

/**
 * Every benchmark of docs/performance.md, one after the other, each in a JVM of its own; a JSON
 * line each, and last all of them as one object. About an hour on two cores.
 */
public final class Performance {
  private static final Map<String, String> ONE_THREAD = Map.of("OMP_NUM_THREADS", "1");

  private record Run(String name, Class<?> main, Map<String, String> environment, String... args) {}

  private Performance() {}

  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    ObjectNode all = json.createObjectNode().put("name", "performance");
    for (Run run :
        List.of(
            new Run(
                "overhead/resnet56", StepOverhead.class, ONE_THREAD, "8", "8", "cifar_resnet56"),
            new Run("overhead/vgg16bn", StepOverhead.class, ONE_THREAD, "5", "4", "cifar_vgg16bn"),
            new Run("overhead/resnet50", StepOverhead.class, ONE_THREAD, "6", "4", "resnet50", "2"),
            new Run("training-step", TrainingStep.class, Map.of(), "6", "4"),
            new Run("process-settings", ProcessSettings.class, ONE_THREAD, "2", "10"),
            new Run("score-pass", ScorePass.class, ONE_THREAD, "300"),
            new Run("compaction", Compaction.class, ONE_THREAD, "15"),
            new Run("inference", Inference.class, Map.of(), "5"),
            new Run("latency-target", LatencyTarget.class, ONE_THREAD, "0.5", "8"))) {
      all.set(
          run.name(),
          json.readTree(Children.run(run.main(), List.of(), run.environment(), run.args())));
    }
    System.out.println(json.writeValueAsString(all));
  }
}
