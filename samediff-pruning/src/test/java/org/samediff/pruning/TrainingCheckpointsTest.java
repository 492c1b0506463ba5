package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.TrainingState;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;

/** Ordinary training with breaks ends as without, to the last bit. */
class TrainingCheckpointsTest {
  private static final long SEED = 5;
  private static final int EPOCHS = 3;
  private static final int PER_EPOCH = 4;

  @TempDir Path directory;

  private static SameDiff net() {
    SameDiff sd = Nets.resnet(DataType.FLOAT, SEED);
    Nets.train(sd, new Adam(0.01));
    return sd;
  }

  private static Batches data() {
    List<DataSet> batches = Nets.data(DataType.FLOAT, SEED, PER_EPOCH, 5);
    return new Batches(batches);
  }

  private static String end(SameDiff sd) {
    StringBuilder state = new StringBuilder(GraphText.digest(sd));
    TrainingState.arrays(sd).forEach((name, a) -> state.append(name).append(a.toStringFull()));
    return state
        .append(sd.getTrainingConfig().getIterationCount())
        .append(' ')
        .append(sd.getTrainingConfig().getEpochCount())
        .toString();
  }

  private static String uninterrupted() {
    SameDiff sd = net();
    sd.fit(data(), EPOCHS);
    return end(sd);
  }

  /** In the middle of an epoch, behind its last step, in the last epoch. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 6, 8, 11, 12})
  void aRunThatWasStoppedAndResumedIsTheSame(int stopAt) {
    SameDiff first = net();
    TrainingCheckpoints checkpoints = new TrainingCheckpoints(first, directory, 0, 2);
    StopAt listener = new StopAt(checkpoints, stopAt);
    PruningException stopped =
        catchThrowableOfType(
            PruningException.class, () -> first.fit(data(), EPOCHS, listener, checkpoints));
    assertThat(stopped.code()).isEqualTo(Code.STOPPED);
    assertThat(checkpoints.step()).isEqualTo(stopAt);

    assertThat(resumed()).isEqualTo(uninterrupted());
  }

  private String resumed() {
    SameDiff sd = net();
    TrainingCheckpoints checkpoints = new TrainingCheckpoints(sd, directory, 0, 2);
    assertThat(checkpoints.resume()).isTrue();
    Batches data = data();
    int left = checkpoints.reposition(data, EPOCHS);
    if (left > 0) {
      sd.fit(data, left, checkpoints);
    }
    assertThat(checkpoints.step()).isEqualTo(EPOCHS * PER_EPOCH);
    return end(sd);
  }

  @Test
  void theNewestOfThoseWrittenOnTheWayIsTakenOn() {
    SameDiff first = net();
    TrainingCheckpoints checkpoints = new TrainingCheckpoints(first, directory, 3, 2);
    assertThat(checkpoints.resume()).isFalse();
    first.fit(data(), EPOCHS - 1, checkpoints);

    SameDiff sd = net();
    TrainingCheckpoints onward = new TrainingCheckpoints(sd, directory, 3, 2);
    assertThat(onward.resume()).isTrue();
    assertThat(onward.step()).isEqualTo(6);
    assertThat(resumed()).isEqualTo(uninterrupted());
  }

  @Test
  void checkpointsOfSomethingElseAreRefused() {
    SameDiff vgg = Nets.vgg(DataType.FLOAT, SEED);
    vgg.fit(data(), 1, new TrainingCheckpoints(vgg, directory, 1, 1));
    SameDiff sd = net();
    String before = end(sd);
    TrainingCheckpoints checkpoints = new TrainingCheckpoints(sd, directory, 1, 1);
    assertThatThrownBy(checkpoints::resume)
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).isEqualTo(Code.CHECKPOINT_MISMATCH));
    assertThat(end(sd)).startsWith(before.substring(0, 64));

    PrunedGraph pruned = PruningTransform.builder().macsTarget(0.3).steps(9).build().apply(net());
    Path own = directory.resolve("pruned");
    pruned.checkpoint(own, 1);
    assertThatThrownBy(() -> new TrainingCheckpoints(net(), own, 1, 1).resume())
        .isInstanceOf(PruningException.class)
        .hasMessageContaining("of a pruning run");
  }

  /** Asks for a stop during a step, as another thread might. */
  private static final class StopAt extends BaseListener {
    private final TrainingCheckpoints checkpoints;
    private final int step;
    private int done;

    StopAt(TrainingCheckpoints checkpoints, int step) {
      this.checkpoints = checkpoints;
      this.step = step;
    }

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlMs) {
      if (++done == step) {
        checkpoints.stop();
      }
    }
  }
}
