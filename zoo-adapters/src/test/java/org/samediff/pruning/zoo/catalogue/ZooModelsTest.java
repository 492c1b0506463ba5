package org.samediff.pruning.zoo.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.zoo.PretrainedType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

class ZooModelsTest {
  /** The networks that are quick to build; the largest are built by the tests of the converter. */
  @ParameterizedTest
  @EnumSource(
      value = ZooModels.class,
      names = {"LENET", "SIMPLECNN", "SQUEEZENET", "FACENETNN4SMALL2"})
  void networksRunAtTheirLeastSide(ZooModels zoo) {
    int side = zoo.minimumSide();

    Model network = zoo.build(zoo.task() == ZooModels.Task.MASK ? 1 : 7, side, 3);

    INDArray output = output(network, Nd4j.ones(DataType.FLOAT, 2, zoo.channels(), side, side));
    assertThat(output.shape()).containsExactly(2, 7);
    assertThat(output.sumNumber().doubleValue()).isFinite();
  }

  @Test
  void theSameSeedGivesTheSameWeights() {
    INDArray first = ZooModels.LENET.build(10, 12, 5).params();

    assertThat(ZooModels.LENET.build(10, 12, 5).params()).isEqualTo(first);
    assertThat(ZooModels.LENET.build(10, 12, 6).params()).isNotEqualTo(first);
  }

  @ParameterizedTest
  @CsvSource({
    "ALEXNET, 58, at least 59x59 pixels",
    "INCEPTIONRESNETV1, 74, at least 75x75",
    "LENET, 0, at least 1x1",
    "RESNET50, 32, at least 133x133",
    "SQUEEZENET, 30, at least 31x31",
    "UNET, 8, at least 16x16",
    "UNET, 40, 48 would do",
    "VGG16, 31, at least 32x32",
    "VGG19, -1, at least 32x32",
    "XCEPTION, 6, at least 7x7",
    "YOLO2, 100, 128 would do"
  })
  void sidesThatDoNotFitAreRefused(ZooModels zoo, int side, String message) {
    assertThatThrownBy(() -> zoo.build(1, side, 1))
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).isEqualTo(Code.BAD_OPTION))
        .hasMessageContainingAll(zoo.label(), message);
  }

  @Test
  void classesThatDoNotFitAreRefused() {
    assertThatThrownBy(() -> ZooModels.LENET.build(0, 1)).hasMessageContaining("got 0");
    assertThatThrownBy(() -> ZooModels.UNET.build(10, 1)).hasMessageContaining("give 1 class");
    assertThatThrownBy(() -> ZooModels.NASNET.build(10, 1)).hasMessageContaining("load a file");
  }

  /** DL4J's published checksums, by file. */
  @Test
  void pretrainedSetsAreThoseOfDl4j() {
    Map<String, Long> expected = new TreeMap<>();
    expected.put("lenet mnist lenet_dl4j_mnist_inference.zip", 1906861161L);
    expected.put("darknet19 imagenet darknet19_dl4j_inference.v2.zip", 691100891L);
    expected.put("squeezenet imagenet squeezenet_dl4j_inference.v2.zip", 3711411239L);
    expected.put("resnet50 imagenet resnet50_dl4j_inference.v3.zip", 3914447815L);
    expected.put("unet segment unet_dl4j_segment_inference.v1.zip", 712347958L);
    expected.put("xception imagenet xception_dl4j_inference.v2.zip", 3277876097L);
    expected.put("tinyyolo imagenet tiny-yolo-voc_dl4j_inference.v2.zip", 1256226465L);
    expected.put("yolo2 imagenet yolo2_dl4j_inference.v3.zip", 3658373840L);
    expected.put("vgg19 imagenet vgg19_dl4j_inference.zip", 2782932419L);
    expected.put("vgg16 imagenet vgg16_dl4j_inference.zip", 3501732770L);
    expected.put("vgg16 cifar10 vgg16_dl4j_cifar10_inference.v1.zip", 2192260131L);
    expected.put("vgg16 vggface vgg16_dl4j_vggface_inference.v1.zip", 2706403553L);
    expected.put("nasnet imagenet nasnetmobile_dl4j_inference.v1.zip", 3082463801L);
    expected.put("nasnet imagenetlarge nasnetlarge_dl4j_inference.v1.zip", 321395591L);
    Map<String, Long> found = new TreeMap<>();
    for (ZooModels zoo : ZooModels.values()) {
      for (PretrainedSet set : zoo.pretrained()) {
        found.put(zoo.label() + " " + set.label() + " " + set.fileName(), set.adler32());
        assertThat(set.path()).doesNotContain(":").doesNotStartWith("/");
      }
    }

    assertThat(found).isEqualTo(expected);
    assertThatThrownBy(() -> ZooModels.LENET.pretrained(PretrainedType.IMAGENET))
        .hasMessageContaining("there are [mnist]");
  }

  @Test
  void networksAreFoundByTheNameOfTheirCacheFolder() {
    assertThat(Arrays.stream(ZooModels.values()).map(ZooModels::label))
        .allSatisfy(label -> assertThat(ZooModels.named(label).label()).isEqualTo(label))
        .hasSize(15);
    assertThat(ZooModels.named("ResNet50")).isEqualTo(ZooModels.RESNET50);
    assertThatThrownBy(() -> ZooModels.named("resnet18"))
        .isInstanceOf(PruningException.class)
        .hasMessageContainingAll("resnet18", "squeezenet");
  }

  private static INDArray output(Model network, INDArray images) {
    return network instanceof ComputationGraph graph
        ? graph.outputSingle(images)
        : ((MultiLayerNetwork) network).output(images);
  }
}
