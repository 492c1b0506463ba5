package org.samediff.pruning.zoo.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class ResizedImagesTest {
  /** Two images of 2x3; the second is all of one value. */
  private static final LabelledImages IMAGES =
      new LabelledImages(
          new byte[] {0, 100, 50, 120, (byte) 200, 10, 7, 7, 7, 7, 7, 7},
          new byte[] {0, 1},
          2,
          3,
          2);

  @Test
  void greyIsRepeatedForEveryChannelAndInterpolatedBetweenPixels() {
    INDArray own = ImageIterator.ordered(IMAGES, 2).next().getFeatures();

    INDArray large = ImageIterator.ordered(IMAGES, new ImageSize(3, 4, 6), 2).next().getFeatures();

    assertThat(large.shape()).containsExactly(2, 3, 4, 6);
    for (int channel = 0; channel < 3; channel++) {
      // twice the size: a target pixel is a quarter of a pixel off a source pixel's centre
      assertThat(large.getFloat(0, channel, 0, 0)).isEqualTo(own.getFloat(0, 0, 0, 0));
      assertThat(large.getFloat(0, channel, 0, 1))
          .isCloseTo(mix(own, 0, 0, 0, 1, 0.75f), within(1e-6f));
      assertThat(large.getFloat(0, channel, 1, 0))
          .isCloseTo(mix(own, 0, 0, 1, 0, 0.75f), within(1e-6f));
      assertThat(large.getFloat(0, channel, 3, 5)).isEqualTo(own.getFloat(0, 0, 1, 2));
      assertThat(large.getFloat(1, channel, 2, 3)).isEqualTo(own.getFloat(1, 0, 0, 0));
    }
  }

  @Test
  void theOwnSizeIsUntouched() {
    assertThat(ImageIterator.ordered(IMAGES, new ImageSize(1, 2, 3), 2).next().getFeatures())
        .isEqualTo(ImageIterator.ordered(IMAGES, 2).next().getFeatures());
  }

  @Test
  void anImageHasPixels() {
    assertThatThrownBy(() -> new ImageSize(3, 0, 5)).hasMessageContaining("3x0x5");
  }

  private static float mix(INDArray image, int y0, int x0, int y1, int x1, float share) {
    return share * image.getFloat(0, 0, y0, x0) + (1 - share) * image.getFloat(0, 0, y1, x1);
  }
}
