package org.samediff.pruning.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.hash.Hashing;
import com.google.common.io.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.data.LabelledImages;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/** One seed, two runs: the same plan and the same file, byte for byte. */
class DeterminismTest {
  private record Outcome(String plan, String digest) {}

  @Test
  void twoRunsWithOneSeedAgree(@TempDir Path dir) throws Exception {
    Outcome first = run(dir.resolve("first.fb"), 5);
    Outcome second = run(dir.resolve("second.fb"), 5);
    Outcome other = run(dir.resolve("other.fb"), 6);

    assertThat(second.plan()).isEqualTo(first.plan());
    assertThat(second.digest()).isEqualTo(first.digest());
    assertThat(other.digest()).isNotEqualTo(first.digest());
  }

  private static Outcome run(Path file, long seed) throws Exception {
    SameDiff sd = DemoNetwork.RESNET.build(seed);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.02, 0.9))
            .dataSetFeatureMapping(DemoNetwork.INPUT)
            .dataSetLabelMapping(DemoNetwork.LABELS)
            .build());
    LabelledImages images = FashionMnist.bundled().train();
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).steps(40).seed(seed).build().apply(sd);
    ImageIterator batches = ImageIterator.shuffled(images, 32, seed);
    List<DataSet> some = new ArrayList<>();
    while (some.size() < 40) {
      some.add(batches.next());
    }
    for (DataSet batch : some) {
      pruned.graph().fit(batch, pruned.listener());
    }
    CompactedGraph slim = pruned.compact();
    slim.save(file);
    String digest = Files.asByteSource(file.toFile()).hash(Hashing.sha256()).toString();
    return new Outcome(slim.plan().toString(), digest);
  }
}
