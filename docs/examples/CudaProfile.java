package examples;

import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.samediff.pruning.CompactedGraph;
import org.samediff.pruning.PrunedGraph;
import org.samediff.pruning.PruningTransform;
import org.samediff.pruning.zoo.data.FashionMnist;
import org.samediff.pruning.zoo.data.ImageIterator;
import org.samediff.pruning.zoo.nets.DemoNetwork;

/**
 * The same program on a GPU: nothing in it names one. Built with {@code -Pcuda}, ND4J's CUDA backend
 * is on the class path in place of the CPU's; the first line says which it is.
 *
 * <p>Arguments: training images (2000), epochs (2).
 */
public final class CudaProfile {
  private CudaProfile() {}

  public static void main(String[] args) throws Exception {
    int images = args.length > 0 ? Integer.parseInt(args[0]) : 2000;
    int epochs = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    System.out.printf(
        "backend %s, %d device(s)%n",
        Nd4j.getBackend().getClass().getSimpleName(),
        Nd4j.getAffinityManager().getNumberOfDevices());
    ImageIterator train =
        ImageIterator.shuffled(FashionMnist.bundled().train().first(images), 32, 1);
    SameDiff sd = DemoNetwork.VGG.build(1);
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Nesterovs(0.01, 0.9))
            .dataSetFeatureMapping(DemoNetwork.INPUT)
            .dataSetLabelMapping(DemoNetwork.LABELS)
            .build());
    PrunedGraph pruned =
        PruningTransform.builder().macsTarget(0.5).epochs(epochs).build().apply(sd);
    long start = System.nanoTime();
    pruned.graph().fit(train, epochs, pruned.listener());
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("%.1f images per second while pruning%n", images * epochs / seconds);
    CompactedGraph slim = pruned.compact();
    System.out.print(slim.report());
  }
}
