package org.samediff.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.samediff.pruning.error.PruningException;
import org.samediff.pruning.error.PruningException.Code;
import org.samediff.pruning.graph.GraphText;
import org.samediff.pruning.graph.GraphVerifier;
import org.samediff.pruning.rewrite.ReservedNames;
import org.samediff.pruning.testing.Batches;
import org.samediff.pruning.testing.Nets;
import org.samediff.pruning.training.Phase;
import org.samediff.pruning.training.PruningListener;

/** What goes wrong around a run leaves it whole. */
class GuardsTest {
  private static final long SEED = 31;
  private static final int EPOCHS = 3;

  private static PrunedGraph pruned(long seed) {
    return PruningTransform.builder()
        .macsTarget(0.5)
        .epochs(EPOCHS)
        .build()
        .apply(Nets.chain(DataType.FLOAT, seed));
  }

  private static Batches data(long seed) {
    return new Batches(Nets.data(DataType.FLOAT, seed, 4, 4, false));
  }

  /** Waits inside a step until another thread has done something. */
  private static final class Pause extends BaseListener {
    final CountDownLatch inside = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
      inside.countDown();
      try {
        goOn.await(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void anotherThreadIsRefusedWhileOneTrains(@TempDir Path dir) throws Exception {
    PrunedGraph pruned = pruned(SEED);
    Pause pause = new Pause();
    ExecutorService trainer = Executors.newSingleThreadExecutor();
    try {
      Future<?> fit =
          trainer.submit(() -> pruned.graph().fit(data(SEED), EPOCHS, pruned.listener(), pause));
      assertThat(pause.inside.await(30, TimeUnit.SECONDS)).isTrue();
      refuses(Code.CONCURRENT_USE, pruned::compact, "is training this graph");
      refuses(Code.CONCURRENT_USE, pruned::maskedGraph, "is training this graph");
      refuses(Code.CONCURRENT_USE, () -> pruned.checkpoint(dir, 1), "is training this graph");
      refuses(
          Code.CONCURRENT_USE,
          () -> pruned.listener().operationStart(pruned.graph(), Operation.TRAINING),
          "is training this graph");
      pause.goOn.countDown();
      fit.get(60, TimeUnit.SECONDS);
      // the thread that trained is alive and idle: nothing is refused any more
      assertThat(pruned.compact().report().steps()).isEqualTo(12);
    } finally {
      trainer.shutdownNow();
    }
  }

  @Test
  void aFitThatFailedInAThreadThatLivesOnBlocksNobody() throws Exception {
    PrunedGraph pruned = pruned(SEED);
    ExecutorService trainer = Executors.newSingleThreadExecutor();
    try {
      Future<?> fit =
          trainer.submit(
              () ->
                  pruned
                      .graph()
                      .fit(data(SEED), EPOCHS, pruned.listener(), new Throws(Hook.PRE_UPDATE, 3)));
      assertThatThrownBy(fit::get).hasRootCauseInstanceOf(Thrown.class);
      pruned.graph().fit(data(SEED), EPOCHS, pruned.listener());
      assertThat(pruned.maskedGraph()).isNotNull();
    } finally {
      trainer.shutdownNow();
    }
  }

  @Test
  void aListenerOfAnotherGraphIsRefused() {
    PrunedGraph a = pruned(SEED);
    PrunedGraph b = pruned(SEED + 1);
    refuses(
        Code.BAD_OPTION, () -> a.graph().fit(data(SEED), 1, b.listener()), "prunes another graph");
    assertThat(b.progress().step()).isZero();
  }

  /** Eight threads at a time, each with a graph of its own, give what one after the other gives. */
  @Test
  void threadsOnGraphsOfTheirOwnEqualOneAfterTheOther() throws Exception {
    PrintStream out = System.out;
    List<String> serial = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      serial.add(wholeRun(i));
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<String>> runs = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int seed = i;
        runs.add(threads.submit(() -> wholeRun(seed)));
      }
      for (int i = 0; i < 8; i++) {
        assertThat(runs.get(i).get(120, TimeUnit.SECONDS))
            .as("thread %d", i)
            .isEqualTo(serial.get(i));
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(System.out).isSameAs(out);
  }

  private static String wholeRun(long seed) {
    PrunedGraph pruned =
        PruningTransform.builder()
            .macsTarget(0.5)
            .steps(6)
            .build()
            .apply(Nets.chain(DataType.FLOAT, seed));
    pruned.graph().fit(data(seed), 2, pruned.listener());
    return GraphText.digest(pruned.compact().graph()) + pruned.progress();
  }

  private static final class Thrown extends Error {
    private static final long serialVersionUID = 1L;
  }

  enum Hook {
    ITERATION_START,
    OP,
    ACTIVATION,
    PRE_UPDATE,
    ITERATION_DONE
  }

  /** Throws at the n-th call of one hook. */
  private static final class Throws extends BaseListener {
    private final Hook hook;
    private int left;

    Throws(Hook hook, int call) {
      this.hook = hook;
      left = call;
    }

    private void at(Hook h) {
      if (h == hook && --left == 0) {
        throw new Thrown();
      }
    }

    @Override
    public boolean isActive(Operation operation) {
      return operation == Operation.TRAINING;
    }

    @Override
    public void iterationStart(SameDiff sd, At at, MultiDataSet data, long etlMs) {
      at(Hook.ITERATION_START);
    }

    @Override
    public void opExecution(
        SameDiff sd, At at, MultiDataSet b, SameDiffOp op, OpContext c, INDArray[] outputs) {
      at(Hook.OP);
    }

    @Override
    public void activationAvailable(
        SameDiff sd, At at, MultiDataSet b, SameDiffOp op, String name, INDArray activation) {
      at(Hook.ACTIVATION);
    }

    @Override
    public void preUpdate(SameDiff sd, At at, Variable v, INDArray update) {
      at(Hook.PRE_UPDATE);
    }

    @Override
    public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
      at(Hook.ITERATION_DONE);
    }
  }

  /** An error in any hook, before our listener or behind it: the partition is a whole one. */
  @ParameterizedTest
  @EnumSource
  void anErrorOutsideLeavesAWholePartition(Hook hook) {
    for (boolean before : new boolean[] {true, false}) {
      PrunedGraph pruned = pruned(SEED);
      Throws thrower = new Throws(hook, hook.name().startsWith("ITERATION") ? 6 : 50);
      Listener[] listeners =
          before
              ? new Listener[] {thrower, pruned.listener()}
              : new Listener[] {pruned.listener(), thrower};
      assertThatThrownBy(() -> pruned.graph().fit(data(SEED), EPOCHS, listeners))
          .isInstanceOf(Thrown.class);
      assertThat(GraphVerifier.faults(pruned.graph())).isEmpty();
      assertMasksAreThePartition(pruned);
      assertThat(pruned.maskedGraph().getTrainingConfig().getTrainEvaluations()).isEmpty();
      pruned.graph().fit(data(SEED), EPOCHS, pruned.listener());
      assertThat(pruned.progress().phase()).isEqualTo(Phase.DONE);
      assertMasksAreThePartition(pruned);
      assertThat(pruned.compact().report().maxRelativeDifference()).isLessThan(1e-4);
    }
  }

  /** As many zeros in the masks of a group as the partition has redundant channels. */
  private static void assertMasksAreThePartition(PrunedGraph pruned) {
    for (int g = 0; g < pruned.groups().size(); g++) {
      String name = ReservedNames.mask(pruned.groups().get(g).name(), 0);
      double[] mask = pruned.graph().getVariable(name).getArr().dup('c').data().asDouble();
      boolean[] kept = pruned.kept()[g];
      assertThat(mask).hasSize(kept.length);
      for (int c = 0; c < kept.length; c++) {
        assertThat(mask[c]).as("%s, channel %d", name, c).isEqualTo(kept[c] ? 1 : 0);
      }
    }
  }

  /** A partition of which the last group cannot be set: the groups before it are put back. */
  @Test
  void masksAreSetAllOrNone() {
    PrunedGraph pruned = pruned(SEED);
    boolean[][] half = pruned.kept();
    half[0][1] = false;
    half[half.length - 1] = new boolean[1000];
    assertThatThrownBy(() -> ((PruningListener) pruned.listener()).masks().set(half))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(pruned.kept()[0]).doesNotContain(false);
    assertMasksAreThePartition(pruned);
  }

  /** Memory runs out at the end of a step: the fit ends, the graph trains on. */
  @Test
  void outOfMemoryLeavesTheGraphUsable(@TempDir Path dir) {
    PrunedGraph pruned = pruned(SEED);
    pruned.checkpointEvery(1, dir, 5);
    int[] calls = {0};
    Listener hungry =
        new BaseListener() {
          @Override
          public boolean isActive(Operation operation) {
            return true;
          }

          @Override
          public void iterationDone(SameDiff sd, At at, MultiDataSet batch, Loss loss) {
            if (++calls[0] == 5) {
              long[][] all = new long[1 << 20][];
              for (int i = 0; i < all.length; i++) {
                all[i] = new long[1 << 27];
              }
            }
          }
        };
    assertThatThrownBy(() -> pruned.graph().fit(data(SEED), EPOCHS, pruned.listener(), hungry))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(pruned.progress().step()).isEqualTo(5);
    assertMasksAreThePartition(pruned);
    pruned.graph().fit(data(SEED), EPOCHS, pruned.listener());
    assertThat(pruned.compact().report().maxRelativeDifference()).isLessThan(1e-4);
  }

  private static void refuses(Code code, Runnable action, String part) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(
            PruningException.class, e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code))
        .hasMessageContaining(part);
  }
}
