package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.random.impl.BernoulliDistribution;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.TrainingState;
import org.samediff.pruning.importance.Criterion;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.testing.ScriptedCriterion;

class CheckpointTest {
  private static final long SEED = 23;
  private static final int EPOCHS = 3;
  private static final int PER_EPOCH = 4;

  @TempDir Path dir;

  /** Something to kill a run with that no code of ours catches. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  /** Draws a random number in every step, as dropout does; kills the run where it is told to. */
  private static final class Draws extends BaseListener {
    private final int killAt;
    private final PrunedGraph pruned;

    Draws(PrunedGraph pruned, int killAt) {
      this.pruned = pruned;
      this.killAt = killAt;
    }

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlMs) {
      INDArray w = sd.getVariable("fc_W").getArr();
      w.muli(1 + 1e-3 * draw());
    }

    @Override
    public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
      if (pruned.progress().step() == killAt) {
        throw new Killed();
      }
    }
  }

  private static double draw() {
    return Nd4j.getExecutioner()
        .exec(new BernoulliDistribution(Nd4j.create(DataType.FLOAT, 16), 0.5))
        .sumNumber()
        .doubleValue();
  }

  record Setup(String net, Criterion criterion, IUpdater updater, boolean inEpochs) {
    PruningTransform transform() {
      PruningTransform.Builder builder =
          PruningTransform.builder().macsTarget(0.5).criterion(criterion).scoringInterval(2);
      return (inEpochs ? builder.epochs(EPOCHS) : builder.steps(EPOCHS * PER_EPOCH)).build();
    }

    SameDiff graph(long seed) {
      SameDiff sd = Nets.named(net, DataType.FLOAT, seed, false);
      sd.getTrainingConfig().setUpdater(updater.clone());
      return sd;
    }

    /** Behind every step once; with the other setups within, at the end and behind an epoch. */
    int[] kills() {
      return inEpochs && net.equals("chain")
          ? IntStream.rangeClosed(1, EPOCHS * PER_EPOCH).toArray()
          : new int[] {2, 4, 10};
    }

    static List<DataSet> data() {
      return Nets.data(DataType.FLOAT, SEED, PER_EPOCH, 5, false);
    }

    PrunedGraph start() {
      PrunedGraph pruned = transform().apply(graph(SEED));
      Nd4j.getRandom().setSeed(SEED);
      return pruned;
    }
  }

  static Stream<Arguments> runs() {
    return Stream.of(
            new Setup("chain", Criterion.twoFactor(), new Adam(3e-3), true),
            new Setup("resnet", Criterion.twoFactor(), new Nesterovs(0.02, 0.9), false),
            new Setup("chain", Criterion.taylor(), new Sgd(0.05), false),
            new Setup("vgg", Criterion.gamma(), new Adam(3e-3), true))
        .map(Arguments::of);
  }

  /**
   * Killed behind every step in turn; the graph that is resumed on was built with other weights.
   */
  @ParameterizedTest
  @MethodSource("runs")
  void aResumedRunEndsAsOneThatWasNotInterrupted(Setup setup) {
    PrunedGraph whole = setup.start();
    whole.graph().fit(new Batches(Setup.data()), EPOCHS, whole.listener(), new Draws(whole, -1));

    for (int kill : setup.kills()) {
      Path store = dir.resolve("at" + kill);
      PrunedGraph killed = setup.start();
      int every = kill % 3 == 2 ? 2 : 1;
      killed.checkpointEvery(every, store, 2);
      int at = kill;
      assertThatThrownBy(
              () ->
                  killed
                      .graph()
                      .fit(
                          new Batches(Setup.data()),
                          EPOCHS,
                          killed.listener(),
                          new Draws(killed, at)))
          .isInstanceOf(Killed.class);
      Nd4j.getRandom().setSeed(kill);
      draw();

      PrunedGraph resumed = setup.transform().resume(setup.graph(SEED + kill), store);
      assertThat(resumed.progress().step()).isEqualTo(kill - kill % every);
      resumed.checkpointEvery(1, store, 2);
      Batches data = new Batches(Setup.data());
      int left = resumed.reposition(data, EPOCHS);
      if (left > 0) {
        resumed.graph().fit(data, left, resumed.listener(), new Draws(resumed, -1));
      }
      assertSame(resumed, whole, "killed behind step " + kill);
    }
  }

  /** Asked from within, as from any thread: the fit ends behind its step, with a checkpoint. */
  @Test
  void aRunThatIsStoppedGoesOnFromWhereItStood() {
    Setup setup = new Setup("chain", Criterion.twoFactor(), new Adam(3e-3), true);
    PrunedGraph whole = setup.start();
    whole.graph().fit(new Batches(Setup.data()), EPOCHS, whole.listener(), new Draws(whole, -1));
    PrunedGraph stopped = setup.start();
    Path store = dir.resolve("stopped");
    BaseListener stopper =
        new BaseListener() {
          @Override
          public boolean isActive(Operation operation) {
            return operation == Operation.TRAINING;
          }

          @Override
          public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlMs) {
            if (stopped.progress().step() == 5) {
              stopped.stop(store, 1);
            }
          }
        };

    assertThatThrownBy(
            () ->
                stopped
                    .graph()
                    .fit(
                        new Batches(Setup.data()),
                        EPOCHS,
                        stopped.listener(),
                        new Draws(stopped, -1),
                        stopper))
        .isInstanceOfSatisfying(
            PruningException.class,
            e -> assertThat(e.code()).isEqualTo(PruningException.Code.STOPPED))
        .hasMessageContaining("step 6");
    PrunedGraph resumed = setup.transform().resume(setup.graph(SEED + 1), store);
    assertThat(resumed.progress().step()).isEqualTo(6);
    Batches data = new Batches(Setup.data());
    int left = resumed.reposition(data, EPOCHS);
    resumed.graph().fit(data, left, resumed.listener(), new Draws(resumed, -1));
    assertSame(resumed, whole, "stopped behind step 6");
  }

  private static void assertSame(PrunedGraph actual, PrunedGraph expected, String when) {
    assertThat(actual.progress()).as(when).isEqualTo(expected.progress());
    assertThat(actual.kept()).as(when).isDeepEqualTo(expected.kept());
    assertThat(actual.scores()).as(when).isDeepEqualTo(expected.scores());
    assertThat(GraphText.digest(actual.graph()))
        .as(when)
        .isEqualTo(GraphText.digest(expected.graph()));
    Map<String, INDArray> states = TrainingState.arrays(expected.graph());
    TrainingState.arrays(actual.graph())
        .forEach(
            (name, array) ->
                assertThat(bits(array)).as("%s: %s", when, name).isEqualTo(bits(states.get(name))));
    assertThat(actual.graph().getTrainingConfig().getIterationCount())
        .isEqualTo(expected.graph().getTrainingConfig().getIterationCount());
    assertThat(actual.graph().getTrainingConfig().getEpochCount())
        .isEqualTo(expected.graph().getTrainingConfig().getEpochCount());
    assertThat(GraphText.digest(actual.compact().graph()))
        .as(when)
        .isEqualTo(GraphText.digest(expected.compact().graph()));
  }

  private static int[] bits(INDArray array) {
    float[] values = array.dup('c').data().asFloat();
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  private static Setup small() {
    return new Setup("chain", Criterion.twoFactor(), new Adam(3e-3), false);
  }

  private static PrunedGraph trained(Setup setup, Path store, int keep) {
    PrunedGraph pruned = setup.start();
    pruned.checkpointEvery(1, store, keep);
    pruned.graph().fit(new Batches(Setup.data()), 1, pruned.listener());
    return pruned;
  }

  private static List<String> names(Path store) throws IOException {
    try (Stream<Path> all = Files.list(store)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theLastOnesAreKeptAndATornOneIsNeverPicked() throws IOException {
    Path store = dir.resolve("store");
    trained(small(), store, 3);
    assertThat(names(store))
        .containsExactly("step-0000000002.ckpt", "step-0000000003.ckpt", "step-0000000004.ckpt");

    byte[] newest = Files.readAllBytes(store.resolve("step-0000000004.ckpt"));
    for (int size : new int[] {0, 5, 11, 40, newest.length / 2, newest.length - 1}) {
      Files.write(store.resolve("step-0000000004.ckpt"), Arrays.copyOf(newest, size));
      assertThat(small().transform().resume(small().graph(1), store).progress().step())
          .as("torn at %d bytes", size)
          .isEqualTo(3);
    }
    for (int at = 0; at < newest.length; at += 1 + newest.length / 7) {
      byte[] flipped = newest.clone();
      flipped[at] ^= 4;
      Files.write(store.resolve("step-0000000004.ckpt"), flipped);
      assertThat(small().transform().resume(small().graph(1), store).progress().step())
          .as("a bit flipped at %d", at)
          .isEqualTo(3);
    }
    Files.writeString(store.resolve("step-0000000009.ckpt"), "torn");
    PrunedGraph resumed = small().transform().resume(small().graph(1), store);
    resumed.checkpointEvery(1, store, 1);
    Batches data = new Batches(Setup.data());
    resumed.graph().fit(data, resumed.reposition(data, 1), resumed.listener());
    assertThat(names(store)).containsExactly("step-0000000004.ckpt", "step-0000000009.ckpt");
    assertThat(small().transform().resume(small().graph(1), store).progress().step()).isEqualTo(4);
  }

  @Test
  void whatDoesNotFitIsRefusedAndChangesNothing() {
    Path store = dir.resolve("store");
    refuses(Code.NO_CHECKPOINT, () -> small().transform().resume(small().graph(1), store), "store");
    trained(small(), store, 1);
    refuses(
        Code.CHECKPOINT_MISMATCH,
        () -> small().transform().resume(Nets.vgg(DataType.FLOAT, 1), store),
        "another graph");
    refuses(
        Code.CHECKPOINT_MISMATCH,
        () ->
            PruningTransform.builder()
                .macsTarget(0.4)
                .steps(12)
                .build()
                .resume(small().graph(1), store),
        "another transform",
        "0.4",
        "0.5");
    refuses(
        Code.CHECKPOINT_MISMATCH,
        () -> {
          SameDiff other = small().graph(1);
          other.getTrainingConfig().setUpdater(new Sgd(0.1));
          small().transform().resume(other, store);
        },
        "does not have");
    refuses(
        Code.BAD_OPTION,
        () -> small().start().checkpointEvery(1, store, 1),
        "step 4",
        "step 0",
        "another directory");
    refuses(Code.BAD_OPTION, () -> small().start().checkpointEvery(0, store, 1), "got 0");
    refuses(Code.BAD_OPTION, () -> small().start().checkpointEvery(1, store, 0), "got 0");
  }

  @Test
  void anIteratorThatIsTooShortIsRefused() {
    Path store = dir.resolve("store");
    Setup setup = small();
    PrunedGraph killed = setup.start();
    killed.checkpointEvery(3, store, 1);
    assertThatThrownBy(
            () ->
                killed
                    .graph()
                    .fit(new Batches(Setup.data()), 1, killed.listener(), new Draws(killed, 3)))
        .isInstanceOf(Killed.class);
    PrunedGraph resumed = setup.transform().resume(setup.graph(1), store);
    refuses(
        Code.CHECKPOINT_MISMATCH,
        () -> resumed.reposition(new Batches(Setup.data().subList(0, 2)), 3),
        "3 minibatches",
        "has 2");
  }

  @Test
  void aCriterionOfTheUsersOwnMustSayItsState() {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.5)
            .steps(12)
            .criterion(new ScriptedCriterion((step, filter, site) -> filter))
            .build()
            .apply(Nets.chain(DataType.FLOAT, SEED));
    refuses(Code.BAD_OPTION, () -> pruned.checkpointEvery(1, dir, 1), "state()", "restore()");
  }

  @Test
  void brokenWeightsMakeNoCheckpoint() throws IOException {
    Path store = dir.resolve("store");
    PrunedGraph pruned = trained(small(), store, 1);
    pruned.graph().getVariable("fc_b").getArr().putScalar(0, Float.POSITIVE_INFINITY);
    refuses(Code.NON_FINITE, () -> pruned.checkpoint(store, 1), "fc_b", "step 4");
    assertThat(names(store)).containsExactly("step-0000000004.ckpt");
  }

  private static void refuses(Code code, Runnable action, String... parts) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContainingAll(parts);
  }
}
