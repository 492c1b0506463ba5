package org.samediff.pruning.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.dataset.DataSet;

/**
 * What settings of the process change in a training step without pruning: the plain script in JVMs
 * of their own, setting by setting in turns. Ratios above 1 are faster than the settings as they
 * come, medians over rounds.
 *
 * <p>Arguments: {@code [rounds] [steps] [network] [batch]}; without the last two, VGG16-BN and
 * ResNet-56 at batch 32.
 */
public final class ProcessSettings {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int WARM_UP = 6;

  private record Setting(String name, List<String> options, Map<String, String> environment) {}

  private static final List<String> UNCHECKED =
      List.of("-Dorg.bytedeco.javacpp.maxphysicalbytes=0");

  private static final Map<String, String> HUGE_PAGES =
      Map.of("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting("default", List.of(), Map.of()),
          new Setting("unchecked", UNCHECKED, Map.of()),
          new Setting("huge_pages", List.of(), HUGE_PAGES),
          new Setting("both", UNCHECKED, HUGE_PAGES));

  private ProcessSettings() {}

  public static void main(String[] args) throws Exception {
    if (args.length == 3) {
      System.out.println(median(args[0], Integer.parseInt(args[1]), Integer.parseInt(args[2])));
      return;
    }
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    int steps = args.length > 1 ? Integer.parseInt(args[1]) : 12;
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", "process-settings");
    if (args.length == 4) {
      json.put(args[2], one(args[2], args[3], rounds, steps));
    } else {
      json.put("cifar_vgg16bn", one("cifar_vgg16bn", "32", rounds, steps));
      json.put("cifar_resnet56", one("cifar_resnet56", "32", rounds, steps));
    }
    json.put("gemm_1024_ms", Measure.round(Measure.gemm()));
    System.out.println(JSON.writeValueAsString(json));
  }

  private static Map<String, Object> one(String network, String batch, int rounds, int steps)
      throws Exception {
    Map<String, List<Double>> times = new LinkedHashMap<>();
    for (int r = 0; r < rounds; r++) {
      for (Setting s : SETTINGS) {
        String line =
            Children.run(
                ProcessSettings.class, s.options(), s.environment(), network, batch, "" + steps);
        Measure.add(times, s.name(), Double.parseDouble(line));
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("default_ms", Measure.round(Measure.median(times.get("default"))));
    for (Setting s : SETTINGS.subList(1, SETTINGS.size())) {
      List<Double> ratios = Measure.ratios(times.get("default"), times.get(s.name()));
      json.put(s.name() + "_x", Measure.round(Measure.median(ratios)));
    }
    return json;
  }

  /** Milliseconds of a step. */
  private static double median(String network, int batch, int steps) throws Exception {
    PrintStream out = System.out;
    System.setOut(new PrintStream(OutputStream.nullOutputStream(), false));
    TrainingScript script = TrainingScript.named(network);
    SameDiff sd = script.build();
    List<DataSet> data = script.data(batch, 2);
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < WARM_UP + steps; i += data.size()) {
      long start = System.nanoTime();
      sd.fit(new Cycle(data), 1);
      if (i >= WARM_UP) {
        times.add((System.nanoTime() - start) / 1e6 / data.size());
      }
    }
    System.setOut(out);
    return Measure.median(times);
  }
}
