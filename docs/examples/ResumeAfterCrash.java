package examples;

import java.nio.file.Files;
import java.nio.file.Path;
import org.nd4j.autodiff.samediff.SameDiff;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.nets.DemoNetwork;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.learning.config.Nesterovs;

/**
 * A run that goes on where it was: start it, kill it, start it again with the same arguments. The
 * end is the one it would have come to without the kill, to the last bit.
 *
 * <p>Arguments: directory of the checkpoints (run), training images (2000), epochs (4).
 */
public final class ResumeAfterCrash {
  private static final int EVERY_STEPS = 10;
  private static final int KEEP = 2;

  private ResumeAfterCrash() {}

  public static void main(String[] args) throws Exception {
    Path checkpoints = Path.of(args.length > 0 ? args[0] : "run");
    int images = args.length > 1 ? Integer.parseInt(args[1]) : 2000;
    int epochs = args.length > 2 ? Integer.parseInt(args[2]) : 4;
    ImageIterator train =
        ImageIterator.shuffled(FashionMnist.bundled().train().first(images), 32, 1);
    SameDiff sd = DemoNetwork.RESNET.build(1);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.01, 0.9))
            .dataSetFeatureMapping(DemoNetwork.INPUT)
            .dataSetLabelMapping(DemoNetwork.LABELS)
            .build());
    PruningTransform transform = PruningTransform.builder().macsTarget(0.5).epochs(epochs).build();

    boolean goesOn = Files.isDirectory(checkpoints);
    PrunedGraph pruned = goesOn ? transform.resume(sd, checkpoints) : transform.apply(sd);
    System.out.println("at step " + pruned.progress().step());
    pruned.checkpointEvery(EVERY_STEPS, checkpoints, KEEP);
    int left = pruned.reposition(train, epochs);
    if (left > 0) {
      pruned.graph().fit(train, left, pruned.listener());
    }
    System.out.print(pruned.compact().report());
  }
}
