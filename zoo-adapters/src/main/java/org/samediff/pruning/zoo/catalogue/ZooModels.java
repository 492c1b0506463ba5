package org.samediff.pruning.zoo.catalogue;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.deeplearning4j.common.resources.DL4JResources;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.zoo.PretrainedType;
import org.deeplearning4j.zoo.ZooModel;
import org.deeplearning4j.zoo.model.AlexNet;
import org.deeplearning4j.zoo.model.Darknet19;
import org.deeplearning4j.zoo.model.FaceNetNN4Small2;
import org.deeplearning4j.zoo.model.InceptionResNetV1;
import org.deeplearning4j.zoo.model.LeNet;
import org.deeplearning4j.zoo.model.NASNet;
import org.deeplearning4j.zoo.model.ResNet50;
import org.deeplearning4j.zoo.model.SimpleCNN;
import org.deeplearning4j.zoo.model.SqueezeNet;
import org.deeplearning4j.zoo.model.TinyYOLO;
import org.deeplearning4j.zoo.model.UNet;
import org.deeplearning4j.zoo.model.Xception;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;

/**
 * The convolutional networks of the DL4J model zoo. Images are NCHW and square here, 3 channels but
 * for LeNet's 1. Thread safe.
 *
 * <p>{@link #minimumSide} is the least at which every window lies within its padded map. DL4J
 * builds VGG, ResNet50, AlexNet and SqueezeNet for somewhat smaller images, too, because its size
 * formula rounds a window that is larger than the map to one pixel.
 */
public enum ZooModels {
  /** Krizhevsky et al., 2012. */
  ALEXNET(
      Task.CLASSES,
      new Sides(224, 59, 1),
      (n, shape, seed) -> AlexNet.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** Redmon and Farhadi, YOLO9000, 2017. */
  DARKNET19(
      Task.CLASSES,
      new Sides(224, 1, 1),
      (n, shape, seed) -> Darknet19.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** OpenFace's small form of FaceNet, with center loss. Schroff et al., 2015. */
  FACENETNN4SMALL2(
      Task.CLASSES,
      new Sides(96, 1, 1),
      (n, shape, seed) ->
          FaceNetNN4Small2.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** Szegedy et al., 2017, with center loss. */
  INCEPTIONRESNETV1(
      Task.CLASSES,
      new Sides(160, 75, 1),
      (n, shape, seed) ->
          InceptionResNetV1.builder().numClasses(n).inputShape(shape).seed(seed).build()),

  /** LeCun et al., 1998. */
  LENET(
      Task.CLASSES,
      new Sides(28, 1, 1),
      (n, shape, seed) -> LeNet.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** From a file only: DL4J 1.0.0-M2.1 cannot build it. */
  NASNET(
      Task.CLASSES,
      new Sides(224, 1, 1),
      (n, shape, seed) -> NASNet.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** He et al., 2016. */
  RESNET50(
      Task.CLASSES,
      new Sides(224, 133, 1),
      (n, shape, seed) -> ResNet50.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** DL4J's own. */
  SIMPLECNN(
      Task.CLASSES,
      new Sides(48, 1, 1),
      (n, shape, seed) -> SimpleCNN.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** Iandola et al., 2016. */
  SQUEEZENET(
      Task.CLASSES,
      new Sides(227, 31, 1),
      (n, shape, seed) -> SqueezeNet.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** The small form of YOLO. Redmon and Farhadi, 2017. */
  TINYYOLO(
      Task.BOXES,
      new Sides(416, 1, 1),
      (n, shape, seed) -> TinyYOLO.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** Ronneberger et al., 2015. */
  UNET(
      Task.MASK,
      new Sides(512, 16, 16),
      (n, shape, seed) -> UNet.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** Simonyan and Zisserman, 2015. */
  VGG16(
      Task.CLASSES,
      new Sides(224, 32, 1),
      (n, shape, seed) ->
          org.deeplearning4j
              .zoo
              .model
              .VGG16
              .builder()
              .numClasses(n)
              .inputShape(shape)
              .seed(seed)
              .build()),
  /** Simonyan and Zisserman, 2015; one hidden dense layer here, not two. */
  VGG19(
      Task.CLASSES,
      new Sides(224, 32, 1),
      (n, shape, seed) ->
          org.deeplearning4j
              .zoo
              .model
              .VGG19
              .builder()
              .numClasses(n)
              .inputShape(shape)
              .seed(seed)
              .build()),
  /** Chollet, 2017. */
  XCEPTION(
      Task.CLASSES,
      new Sides(299, 7, 1),
      (n, shape, seed) -> Xception.builder().numClasses(n).inputShape(shape).seed(seed).build()),
  /** Redmon and Farhadi, YOLO9000, 2017. */
  YOLO2(
      Task.BOXES,
      new Sides(608, 32, 32),
      (n, shape, seed) ->
          org.deeplearning4j
              .zoo
              .model
              .YOLO2
              .builder()
              .numClasses(n)
              .inputShape(shape)
              .seed(seed)
              .build());

  /** What a network tells of an image. */
  public enum Task {
    /** One of the classes. */
    CLASSES,
    /** Boxes with a class each. */
    BOXES,
    /** One probability per pixel; there are no classes. */
    MASK
  }

  private record Sides(int standard, int minimum, int multiple) {}

  private interface Builder {
    ZooModel<?> build(int classes, int[] shape, long seed);
  }

  private final Task task;
  private final Sides sides;
  private final Builder builder;

  ZooModels(Task task, Sides sides, Builder builder) {
    this.task = task;
    this.sides = sides;
    this.builder = builder;
  }

  /**
   * Finds a network by its name, upper or lower case.
   *
   * @throws PruningException BAD_OPTION that lists the names
   */
  public static ZooModels named(String name) {
    return Arrays.stream(values())
        .filter(model -> model.label().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new PruningException(
                    Code.BAD_OPTION,
                    "there is no zoo network \""
                        + name
                        + "\"; there are "
                        + Arrays.stream(values())
                            .map(ZooModels::label)
                            .collect(Collectors.joining(", "))));
  }

  /** Lower-case name: DL4J's, which its cache folders bear. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What the network tells of an image. */
  public Task task() {
    return task;
  }

  /** Whether DL4J can build the network; NASNet it can only load. */
  public boolean buildable() {
    return this != NASNET;
  }

  /** Channels of the images. */
  public int channels() {
    return this == LENET ? 1 : 3;
  }

  /** Height and width that DL4J builds the network for by default. */
  public int defaultSide() {
    return sides.standard();
  }

  /** Least height and width. */
  public int minimumSide() {
    return sides.minimum();
  }

  /** Height and width must be multiples of this; 1 for any. */
  public int sideMultiple() {
    return sides.multiple();
  }

  /** {@link #build(int, int, long)} for images of the default size. */
  public Model build(int classes, long seed) {
    return build(classes, defaultSide(), seed);
  }

  /**
   * A network with random weights.
   *
   * @param classes at least 1; of UNet, which has no classes, 1
   * @param side height and width of the images in pixels
   * @param seed of the weights; the same seed gives the same weights
   * @return a {@code ComputationGraph} or a {@code MultiLayerNetwork}, initialised
   * @throws PruningException BAD_OPTION for a side or a number of classes that the network cannot
   *     have, and for NASNet
   */
  public Model build(int classes, int side, long seed) {
    requireBuildable();
    requireSide(side);
    if (classes < 1 || (task == Task.MASK && classes != 1)) {
      throw new PruningException(
          Code.BAD_OPTION,
          task == Task.MASK
              ? label() + " tells one probability per pixel; give 1 class, got " + classes
              : label() + ": number of classes must be at least 1, got " + classes);
    }
    return builder.build(classes, new int[] {channels(), side, side}, seed).init();
  }

  private void requireBuildable() {
    if (!buildable()) {
      throw new PruningException(
          Code.BAD_OPTION,
          label()
              + " cannot be built: NASNet.init() of Deeplearning4j 1.0.0-M2.1 fails; load a file of"
              + " it");
    }
  }

  /**
   * Checks an image size.
   *
   * @throws PruningException BAD_OPTION with the least side
   */
  public void requireSide(int side) {
    if (side < minimumSide()) {
      throw new PruningException(
          Code.BAD_OPTION,
          String.format(
              "%s needs images of at least %dx%d pixels, got %dx%d",
              label(), minimumSide(), minimumSide(), side, side));
    }
    if (side % sideMultiple() != 0) {
      throw new PruningException(
          Code.BAD_OPTION,
          String.format(
              "%s needs images whose sides are multiples of %d, got %dx%d; %d would do",
              label(), sideMultiple(), side, side, side - side % sideMultiple() + sideMultiple()));
    }
  }

  /** The weights that DL4J publishes; none for some networks. */
  public List<PretrainedSet> pretrained() {
    ZooModel<?> model = builder.build(1, new int[] {channels(), defaultSide(), defaultSide()}, 0);
    return Arrays.stream(PretrainedType.values())
        .filter(model::pretrainedAvailable)
        .map(type -> pretrained(model, type))
        .toList();
  }

  private PretrainedSet pretrained(ZooModel<?> model, PretrainedType type) {
    String path = model.pretrainedUrl(type).substring(DL4JResources.getBaseDownloadURL().length());
    return new PretrainedSet(
        this,
        type,
        path.startsWith("/") ? path.substring(1) : path,
        model.pretrainedChecksum(type),
        Optional.empty());
  }

  /**
   * The weights of one kind.
   *
   * @throws PruningException BAD_OPTION that lists what there is
   */
  public PretrainedSet pretrained(PretrainedType type) {
    return pretrained().stream()
        .filter(set -> set.type() == type)
        .findFirst()
        .orElseThrow(
            () ->
                new PruningException(
                    Code.BAD_OPTION,
                    String.format(
                        "%s has no weights for %s; there are %s",
                        label(), type, pretrained().stream().map(PretrainedSet::label).toList())));
  }
}
