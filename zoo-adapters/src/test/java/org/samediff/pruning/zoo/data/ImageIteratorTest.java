package org.samediff.pruning.zoo.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;

class ImageIteratorTest {
  /** Five images of 1x2 pixels; image i holds (10 i, 200) and has label i. */
  private static final LabelledImages FIVE =
      new LabelledImages(
          new byte[] {
            0, (byte) 200, 10, (byte) 200, 20, (byte) 200, 30, (byte) 200, 40, (byte) 200
          },
          new byte[] {0, 1, 2, 3, 4},
          1,
          2,
          5);

  @Test
  void batchesHaveTheShapesThatTheNetworksTake() {
    ImageIterator batches = ImageIterator.ordered(FIVE, 2);
    DataSet first = batches.next();

    assertThat(first.getFeatures().shape()).containsExactly(2, 1, 1, 2);
    assertThat(first.getFeatures().dataType()).isEqualTo(DataType.FLOAT);
    assertThat(first.getFeatures().ordering()).isEqualTo('c');
    assertThat(first.getLabels().toFloatMatrix())
        .isDeepEqualTo(new float[][] {{1, 0, 0, 0, 0}, {0, 1, 0, 0, 0}});
    assertThat(first.getFeatures().getDouble(1, 0, 0, 0))
        .isCloseTo((10 / 255.0 - 0.2860) / 0.3530, within(1e-6));
  }

  @Test
  void lastBatchIsShortAndThenTheEpochIsOver() {
    ImageIterator batches = ImageIterator.ordered(FIVE, 2);
    List<Integer> sizes = new ArrayList<>();
    while (batches.hasNext()) {
      sizes.add(batches.next().numExamples());
    }

    assertThat(sizes).containsExactly(2, 2, 1).hasSize(batches.batchesPerEpoch());
    assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void sameSeedSameBatchesInEveryEpoch() {
    ImageIterator one = ImageIterator.shuffled(FIVE, 2, 7);
    ImageIterator other = ImageIterator.shuffled(FIVE, 2, 7);

    for (int epoch = 0; epoch < 3; epoch++) {
      while (one.hasNext()) {
        assertThat(one.next()).isEqualTo(other.next());
      }
      one.reset();
      other.reset();
    }
  }

  @Test
  void everyEpochHasEveryImageOnceAndTheOrderChanges() {
    ImageIterator batches = ImageIterator.shuffled(FIVE, 5, 1);
    List<List<Integer>> orders = new ArrayList<>();
    for (int epoch = 0; epoch < 4; epoch++) {
      batches.reset();
      int[] labels = batches.next().getLabels().argMax(1).toIntVector();
      orders.add(Arrays.stream(labels).boxed().toList());
    }

    assertThat(orders).allSatisfy(o -> assertThat(o).containsExactlyInAnyOrder(0, 1, 2, 3, 4));
    assertThat(orders)
        .as("orders of four epochs")
        .isNotEqualTo(Collections.nCopies(4, orders.get(0)));
  }

  @Test
  void anEpochIsTheSameHoweverMuchOfTheOneBeforeWasRead() {
    ImageIterator read = ImageIterator.shuffled(FIVE, 2, 3);
    ImageIterator skipped = ImageIterator.shuffled(FIVE, 2, 3);

    for (int epoch = 0; epoch < 6; epoch++) {
      while (read.hasNext()) {
        read.next();
      }
      if (epoch % 2 == 1) {
        skipped.next();
      }
      read.reset();
      skipped.reset();
    }

    while (read.hasNext()) {
      assertThat(skipped.next()).isEqualTo(read.next());
    }
  }

  @Test
  void batchSizeMustBePositive() {
    assertThatThrownBy(() -> ImageIterator.ordered(FIVE, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0");
  }
}
